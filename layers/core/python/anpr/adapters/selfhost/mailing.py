"""Sending notices: by SMTP, and by a gateway's webhook for SMS. What fails is tried again by the queue."""

import json
import smtplib
import ssl
import urllib.error
import urllib.request
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from anpr.adapters.selfhost import notices
from anpr.adapters.selfhost.notices import NoticeDue
from anpr.adapters.selfhost.settings import MailSettings
from anpr.db import Database
from anpr.errors import Unavailable
from anpr.models import Channel, NoticeSubscription, NoticeTopic
from anpr.ports import Secret, SecretStore


class Mailer:
    """Sends what is due, one message at a time."""

    def __init__(self, database: Database, settings: MailSettings, key: str) -> None:
        """Make a mailer; `key` signs the links in its e-mails."""
        self._database = database
        self._settings = settings
        self._key = key

    def send(self, body: str) -> str:
        """Send one notice.

        Returns:
            What became of it, for the log: `sent`, or `over` where nobody is to be told any more.

        Raises:
            anpr.errors.Unavailable: the mail server or the gateway did not take it; the message must come again.
        """
        due = NoticeDue.model_validate_json(body)
        if due.subscription_id is None:
            if self._settings.admins is not None:
                self._mail(self._settings.admins, due.subject, due.text)
            return "sent"
        with self._database.transaction() as session:
            subscription = session.get(NoticeSubscription, due.subscription_id)
            topic = None if subscription is None else session.get(NoticeTopic, subscription.topic)
        if subscription is None or topic is None or (subscription.confirmed_at is None and not due.ask):
            return "over"
        if due.ask:
            self._ask(subscription, topic)
        elif subscription.channel is Channel.SMS:
            self._text(subscription.address, due.short)
        else:
            leave = self._link(notices.UNSUBSCRIBE, subscription)
            text = f"{due.text}\n\n--\n{topic.title}\nTo be told no more: {leave}\n"
            self._mail(subscription.address, due.subject, text, leave=leave)
        return "sent"

    def _ask(self, subscription: NoticeSubscription, topic: NoticeTopic) -> None:
        link = self._link(notices.CONFIRM, subscription)
        if subscription.channel is Channel.SMS:
            self._text(subscription.address, f"{topic.title}: to be told by SMS, follow {link}")
            return
        text = f"Somebody asked that this address be told of: {topic.title}\n\nTo agree, follow this link:\n{link}\n"
        self._mail(subscription.address, f"Confirm: {topic.title}", f"{text}\nOtherwise do nothing.\n")

    def _link(self, action: str, subscription: NoticeSubscription) -> str:
        token = notices.sign(self._key, action, subscription.id)
        return f"{self._settings.public_url.rstrip('/')}/notices/{action}?token={token}"

    def _mail(self, to: str, subject: str, text: str, *, leave: str | None = None) -> None:
        settings = self._settings
        if settings.host is None:
            raise Unavailable("No mail server is set up.")
        message = EmailMessage()
        # A header is one line, whatever a camera is called.
        message["Subject"] = " ".join(subject.split())
        message["From"], message["To"] = settings.sender, to
        message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain=settings.sender.rpartition("@")[2])
        message["Auto-Submitted"] = "auto-generated"
        if leave is not None:
            message["List-Unsubscribe"] = f"<{leave}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(text)
        try:
            with _connected(settings) as server:
                if settings.user is not None and settings.password is not None:
                    server.login(settings.user, settings.password.get_secret_value())
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable("The mail server did not take the message; it is tried again.") from error

    def _text(self, to: str, text: str) -> None:
        settings = self._settings
        if settings.sms_url is None:
            raise Unavailable("No SMS gateway is set up.")
        headers = {"content-type": "application/json"}
        if settings.sms_token is not None:
            headers["authorization"] = f"Bearer {settings.sms_token.get_secret_value()}"
        request = urllib.request.Request(  # noqa: S310 - the operator's own gateway
            settings.sms_url, data=json.dumps({"to": to, "text": text[:160]}).encode(), headers=headers, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=settings.timeout_s):  # noqa: S310 - as above
                return
        except (OSError, urllib.error.URLError) as error:
            raise Unavailable("The SMS gateway did not take the message; it is tried again.") from error


def _connected(settings: MailSettings) -> smtplib.SMTP:
    host, port = settings.host or "", settings.port
    if settings.security == "tls":
        return smtplib.SMTP_SSL(host, port, timeout=settings.timeout_s, context=ssl.create_default_context())
    server = smtplib.SMTP(host, port, timeout=settings.timeout_s)
    if settings.security == "starttls":
        try:
            server.starttls(context=ssl.create_default_context())
        except (OSError, smtplib.SMTPException):
            server.close()
            raise
    return server


def link_key(secrets: SecretStore) -> str:
    """The key of the links in e-mails.

    Raises:
        anpr.errors.Unavailable: there is none yet.
    """
    value = secrets.get(Secret.NOTICE_KEY)
    if not value or not value.get("key"):
        raise Unavailable("The service is not set up yet: it has no key to sign links with.")
    return str(value["key"])
