"""The secrets: the database's, the keys for tokens, webhooks and anchors, and the first administrator's password."""

import json
import string
from typing import cast

from aws_cdk import RemovalPolicy, aws_iam, aws_secretsmanager
from constructs import Construct

from infra.acknowledgements import acknowledge
from infra.environments import EMULATED_DATABASE_SECRET, Environment


class Secrets(Construct):
    """The secrets, of which each function may read what it needs.

    Attributes:
        database: the one-machine run's, made outside this stack.
        signing_key_id: the signing key's secret; the set-up function gives it its value.
        webhook_key_id: the key of the webhooks' secrets; likewise.
        anchor_key_id: the key that signs the audit log's anchors; likewise.
        admin: login and generated password of the first administrator.
    """

    def __init__(self, scope: Construct, id_: str, *, environment: Environment) -> None:
        super().__init__(scope, id_)
        self.database = aws_secretsmanager.Secret.from_secret_name_v2(self, "Database", EMULATED_DATABASE_SECRET)
        # Made without a value: the higher-level construct would generate a password, which is no key.
        self._signing_key = aws_secretsmanager.CfnSecret(
            self, "SigningKey", description="Private half of the key that signs access tokens."
        )
        self._signing_key.apply_removal_policy(RemovalPolicy.RETAIN if environment.keep_data else RemovalPolicy.DESTROY)
        self.signing_key_id = self._signing_key.attr_id
        self._webhook_key = aws_secretsmanager.CfnSecret(
            self, "WebhookKey", description="Key that the secrets of webhooks are encrypted with in the database."
        )
        self._webhook_key.apply_removal_policy(RemovalPolicy.RETAIN if environment.keep_data else RemovalPolicy.DESTROY)
        self.webhook_key_id = self._webhook_key.attr_id
        self._anchor_key = aws_secretsmanager.CfnSecret(
            self, "AnchorKey", description="Key that the audit log's anchors are signed with."
        )
        self._anchor_key.apply_removal_policy(RemovalPolicy.RETAIN if environment.keep_data else RemovalPolicy.DESTROY)
        self.anchor_key_id = self._anchor_key.attr_id
        self.admin = aws_secretsmanager.Secret(
            self,
            "Admin",
            description="Login of the first administrator.",
            generate_secret_string=aws_secretsmanager.SecretStringGenerator(
                secret_string_template=json.dumps({"email": environment.admin_email}),
                generate_string_key="password",
                password_length=24,
                # Easy to copy from a terminal; 24 letters and digits are 143 bits.
                exclude_characters=string.punctuation,
            ),
        )

        acknowledge(self._signing_key, "SMG4", "The set-up function rotates it, together with its public half's row.")
        acknowledge(self._webhook_key, "SMG4", "Old keys must stay readable: who replaces it adds a newer one first.")
        acknowledge(self._anchor_key, "SMG4", "Whoever keeps anchors knows its public half, so it stays the same.")
        acknowledge(self.admin, "SMG4", "Read once, to make the first administrator, who then changes the password.")

    def grant_read_database(self, grantee: aws_iam.IGrantable) -> None:
        """Allow connecting to the one-machine run's database."""
        _grant(grantee, f"{self.database.secret_arn}-??????", "secretsmanager:GetSecretValue")

    def grant_read_signing_key(self, grantee: aws_iam.IGrantable) -> None:
        """Allow signing tokens."""
        _grant(grantee, self.signing_key_id, "secretsmanager:GetSecretValue")

    def grant_write_signing_key(self, grantee: aws_iam.IGrantable) -> None:
        """Allow replacing the key that signs tokens."""
        _grant(grantee, self.signing_key_id, "secretsmanager:PutSecretValue")

    def grant_read_webhook_key(self, grantee: aws_iam.IGrantable) -> None:
        """Allow encrypting and decrypting the secrets of webhooks."""
        _grant(grantee, self.webhook_key_id, "secretsmanager:GetSecretValue")

    def grant_write_webhook_key(self, grantee: aws_iam.IGrantable) -> None:
        """Allow making that key."""
        _grant(grantee, self.webhook_key_id, "secretsmanager:PutSecretValue")

    def grant_read_anchor_key(self, grantee: aws_iam.IGrantable) -> None:
        """Allow signing anchors."""
        _grant(grantee, self.anchor_key_id, "secretsmanager:GetSecretValue")

    def grant_write_anchor_key(self, grantee: aws_iam.IGrantable) -> None:
        """Allow making that key."""
        _grant(grantee, self.anchor_key_id, "secretsmanager:PutSecretValue")

    def grant_read_admin(self, grantee: aws_iam.IGrantable) -> None:
        """Allow reading the first administrator's password."""
        # By the attribute, which is the ARN everywhere; a reference is but the name in the emulator.
        secret = cast("aws_secretsmanager.CfnSecret", self.admin.node.default_child)
        _grant(grantee, secret.attr_id, "secretsmanager:GetSecretValue")


def _grant(grantee: aws_iam.IGrantable, secret: str, action: str) -> None:
    aws_iam.Grant.add_to_principal(grantee=grantee, actions=[action], resource_arns=[secret])
