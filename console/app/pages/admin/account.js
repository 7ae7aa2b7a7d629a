// One's own account: the password, and where one is logged in.

import { useState } from 'preact/hooks';
import { changeOwnPassword, endOwnSession, listOwnSessions } from '../../api/operations.js';
import { Badge } from '../../components/badge.js';
import { Button } from '../../components/button.js';
import { problemText } from '../../components/face.js';
import { errorOf, Field } from '../../components/field.js';
import { useSending } from '../../components/form.js';
import { Resource } from '../../components/resource.js';
import { Time } from '../../components/time.js';
import { toast } from '../../components/toast.js';
import { html } from '../../lib/html.js';
import { t, word } from '../../lib/i18n.js';
import { useSession } from '../../lib/session.js';

/** @typedef {import('../../api/schema.d.ts').SessionLogin} Login */

export default function Account() {
  const user = useSession().user;
  const [changes, setChanges] = useState(0);
  if (!user) return null;
  return html`
    <div class="panels">
      <section class="card panel" aria-label=${t('admin.account')}>
        <h2>${user.full_name || user.email}</h2>
        <dl class="facts">
          <div><dt>${t('login.email')}</dt><dd class="address">${user.email}</dd></div>
          <div><dt>${t('admin.users.role')}</dt><dd>${word('role', user.role)}</dd></div>
          <div><dt>${t('admin.account.since')}</dt><dd><${Time} at=${user.created_at} style="date" /></dd></div>
        </dl>
      </section>
      <${Password} email=${user.email} onChanged=${() => setChanges(changes + 1)} />
    </div>
    <section class="entries" aria-label=${t('admin.sessions')}>
      <${Resource}
        caption=${t('admin.sessions')}
        question=${String(changes)}
        load=${(/** @type {string | undefined} */ _, /** @type {AbortSignal} */ signal) => listOwnSessions({ signal })}
        none=${t('admin.sessions.none')} icon="user"
        head=${html`<h2 class="grow">${t('admin.sessions')}</h2>`}
        columns=${[
          {
            name: t('admin.sessions.begun'),
            show: (/** @type {Login} */ one) =>
              html`<${Time} at=${one.begun_at} /> ${one.current && html`<${Badge} kind="info">${t('admin.sessions.current')}<//>`}`,
          },
          {
            name: t('admin.sessions.renewed'),
            show: (/** @type {Login} */ one) => html`<${Time} at=${one.renewed_at} style="short" />`,
          },
          {
            name: t('admin.sessions.expires'),
            show: (/** @type {Login} */ one) => html`<${Time} at=${one.expires_at} style="date" />`,
          },
        ]}
        acts=${(/** @type {Login} */ one) =>
          one.current
            ? []
            : [
                {
                  text: t('admin.sessions.end'),
                  kind: 'danger',
                  ask: { title: t('admin.sessions.end.title'), text: t('admin.sessions.end.text') },
                  run: () => endOwnSession({ session_id: one.id }),
                  said: t('admin.sessions.ended'),
                },
              ]} />
    </section>`;
}

/** @param {{ email: string, onChanged: () => void }} props */
function Password({ email, onChanged }) {
  const { busy, problem, submit } = useSending(
    form =>
      changeOwnPassword({
        body: { current_password: String(form.get('current')), new_password: String(form.get('new')) },
      }),
    (_, form) => {
      form.reset();
      toast(t('admin.password.changed'), { kind: 'good' });
      // It ended this login too: what is asked next has a new one asked for, over the page.
      onChanged();
    },
  );
  return html`
    <form class="card panel form" onSubmit=${submit} aria-label=${t('admin.password')}>
      <h2>${t('admin.password')}</h2>
      <p class="hint">${t('admin.password.text')}</p>
      <input type="hidden" autocomplete="username" value=${email} />
      <${Field} label=${t('admin.password.current')} name="current" type="password" required autocomplete="current-password" error=${errorOf(problem, 'current_password')} />
      <${Field} label=${t('admin.users.password.new')} name="new" type="password" required minlength="12" autocomplete="new-password" hint=${t('admin.users.password.hint')} error=${errorOf(problem, 'new_password')} />
      ${problem ? html`<p class="error" role="alert">${problemText(problem)}</p>` : null}
      <div><${Button} kind="primary" type="submit" busy=${busy}>${t('admin.password.change')}<//></div>
    </form>`;
}
