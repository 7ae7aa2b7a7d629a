// Accounts: who may do what, and at which cameras.

import {
  changeUser,
  changeUserCameras,
  createUser,
  getUserCameras,
  listUsers,
} from '../../api/operations.js';
import { Badge } from '../../components/badge.js';
import { Dialog } from '../../components/dialog.js';
import { Loading, ProblemFace } from '../../components/face.js';
import { Field } from '../../components/field.js';
import { Check, Choices, FormDialog, typed } from '../../components/form.js';
import { Resource } from '../../components/resource.js';
import { Time } from '../../components/time.js';
import { html } from '../../lib/html.js';
import { t, word } from '../../lib/i18n.js';
import { useLoad } from '../../lib/load.js';
import { useSession } from '../../lib/session.js';
import { grantsOf, Scope } from './scope.js';

/** @typedef {import('../../api/schema.d.ts').UserOut} User */
/** @typedef {import('../../api/schema.d.ts').Role} Role */
/** @typedef {import('../../components/form.js').Over} Over */

/** @type {Role[]} */
const ROLES = ['viewer', 'reviewer', 'admin'];
const SHORTEST_PASSWORD = 12;

export default function Users() {
  const own = useSession().user?.id;
  return html`<${Resource}
    caption=${t('admin.users')}
    load=${(/** @type {string | undefined} */ cursor, /** @type {AbortSignal} */ signal) => listUsers({ limit: 100, ...(cursor ? { cursor } : {}) }, { signal })}
    none=${t('admin.users.none')} icon="user"
    make=${{
      text: t('admin.users.new'),
      said: t('admin.users.made'),
      form: (/** @type {Over} */ over) => html`<${NewUser} ...${over} />`,
    }}
    columns=${[
      {
        name: t('login.email'),
        show: (/** @type {User} */ user) => html`
          <strong class="address">${user.email}</strong>
          ${user.id === own && html` <${Badge} kind="info">${t('admin.users.you')}<//>`}
          ${user.full_name && html`<p class="hint">${user.full_name}</p>`}`,
      },
      { name: t('admin.users.role'), show: (/** @type {User} */ user) => word('role', user.role) },
      {
        name: t('footage.status'),
        show: (/** @type {User} */ user) =>
          html`<${Badge} kind=${user.active ? 'good' : 'dim'}>${user.active ? t('wanted.active') : t('admin.users.disabled')}<//>`,
      },
      {
        name: t('admin.users.login'),
        show: (/** @type {User} */ user) => html`<${Time} at=${user.last_login_at} style="short" />`,
      },
    ]}
    acts=${(/** @type {User} */ user) => [
      {
        text: t('wanted.change'),
        label: t('admin.change.named', { name: user.email }),
        said: t('admin.saved'),
        form: (/** @type {Over} */ over) => html`<${ChangeUser} user=${user} ...${over} />`,
      },
      {
        text: t('admin.cameras'),
        label: t('admin.users.cameras', { name: user.email }),
        icon: 'camera',
        said: t('admin.saved'),
        form: (/** @type {Over} */ over) => html`<${UserCameras} user=${user} ...${over} />`,
      },
    ]} />`;
}

/** @param {{ chosen: Role }} props */
const RoleField = ({ chosen }) =>
  html`<${Choices} label=${t('admin.users.role')} name="role" chosen=${chosen} hint=${t('admin.users.role.hint')}
    options=${ROLES.map(value => ({ value, text: word('role', value) }))} />`;

/** @param {Over} over */
const NewUser = over => html`
  <${FormDialog} ...${over} title=${t('admin.users.new')} action=${t('admin.users.make')}
    send=${(/** @type {FormData} */ form) =>
      createUser({
        body: {
          email: typed(form, 'email'),
          full_name: typed(form, 'name'),
          role: /** @type {Role} */ (typed(form, 'role')),
          password: String(form.get('password')),
        },
      })}>
    ${(/** @type {(name: string) => string | undefined} */ error) => html`
      <${Field} label=${t('login.email')} name="email" type="email" required maxlength="254" autofocus autocomplete="off" spellcheck=${false} error=${error('email')} />
      <${Field} label=${t('admin.users.name')} name="name" maxlength="200" autocomplete="off" error=${error('full_name')} />
      <${RoleField} chosen="viewer" />
      <${Field} label=${t('login.password')} name="password" type="password" required minlength=${SHORTEST_PASSWORD} autocomplete="new-password"
        hint=${t('admin.users.password.hint')} error=${error('password')} />`}
  <//>`;

/** @param {{ user: User } & Over} props */
const ChangeUser = ({ user, ...over }) => html`
  <${FormDialog} ...${over} title=${t('admin.change.named', { name: user.email })} text=${t('admin.users.change.text')}
    send=${(/** @type {FormData} */ form) => {
      const password = String(form.get('password'));
      return changeUser({
        user_id: user.id,
        body: {
          full_name: typed(form, 'name'),
          role: /** @type {Role} */ (typed(form, 'role')),
          active: form.has('active'),
          ...(password ? { password } : {}),
        },
      });
    }}>
    ${(/** @type {(name: string) => string | undefined} */ error) => html`
      <${Field} label=${t('admin.users.name')} name="name" maxlength="200" autofocus autocomplete="off" defaultValue=${user.full_name} error=${error('full_name')} />
      <${RoleField} chosen=${user.role} />
      <${Check} label=${t('admin.users.active')} name="active" checked=${user.active} hint=${t('admin.users.active.hint')} />
      <${Field} label=${t('admin.users.password.new')} name="password" type="password" minlength=${SHORTEST_PASSWORD} autocomplete="new-password"
        hint=${t('admin.users.password.keep')} error=${error('password')} />`}
  <//>`;

/** @param {{ user: User } & Over} props */
function UserCameras({ user, ...over }) {
  const { data, problem, again } = useLoad(
    signal => getUserCameras({ user_id: user.id }, { signal }),
    user.id,
  );
  const title = t('admin.users.cameras', { name: user.email });
  if (!data) {
    return html`<${Dialog} title=${title} onClose=${over.onClose}>${problem ? html`<${ProblemFace} problem=${problem} retry=${again} />` : html`<${Loading} />`}<//>`;
  }
  return html`
    <${FormDialog} ...${over} title=${title}
      send=${(/** @type {FormData} */ form) => {
        const grants = grantsOf(form);
        return changeUserCameras({ user_id: user.id, body: { limited: grants !== null, ...grants } });
      }}>
      ${() => html`<${Scope} label=${t('admin.scope.limited')} hint=${t('admin.scope.hint')} limit=${data.limited ? data : null} />`}
    <//>`;
}
