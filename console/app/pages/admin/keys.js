// Keys that machines call the API with. A key is shown once, when it is made.

import { useState } from 'preact/hooks';
import { createKey, listKeys, revokeKey } from '../../api/operations.js';
import { Badge } from '../../components/badge.js';
import { Button } from '../../components/button.js';
import { Dialog } from '../../components/dialog.js';
import { Field } from '../../components/field.js';
import { Checks, Choices, FormDialog, typed } from '../../components/form.js';
import { Resource } from '../../components/resource.js';
import { Time } from '../../components/time.js';
import { toast } from '../../components/toast.js';
import { utcOf } from '../../lib/filters.js';
import { html } from '../../lib/html.js';
import { t, word } from '../../lib/i18n.js';
import { changeQuery, useRoute } from '../../lib/router.js';
import { grantsOf, Scope } from './scope.js';

/** @typedef {import('../../api/schema.d.ts').ApiKeyOut} Key */
/** @typedef {import('../../api/schema.d.ts').ApiKeyIn} KeyIn */
/** @typedef {KeyIn['permissions'][number]} Permission */
/** @typedef {import('../../components/form.js').Over} Over */

/** @type {Record<Permission, true>} All that the API knows: types fail where one is missing. */
const PERMISSIONS = {
  'bolos:read': true,
  'bolos:write': true,
  'cameras:read': true,
  'cameras:write': true,
  'events:read': true,
  'exports:read': true,
  'exports:write': true,
  'feedback:read': true,
  'jobs:read': true,
  'jobs:write': true,
  'metrics:read': true,
  'pictures:write': true,
  'reads:write': true,
  'uploads:read': true,
  'uploads:write': true,
  'usage:read': true,
  'vehicles:read': true,
  'vehicles:write': true,
  'webhooks:read': true,
  'webhooks:write': true,
};
/** @type {KeyIn['role'][]} */
const ROLES = ['viewer', 'reviewer', 'admin'];

/** @param {Key} key */
function stateOf(key) {
  if (key.revoked_at) return 'revoked';
  return key.expires_at && Date.parse(key.expires_at) <= Date.now() ? 'expired' : 'active';
}

export default function Keys() {
  const { query } = useRoute();
  const gone = query.get('show') === 'all';
  const [made, setMade] = useState(
    /** @type {import('../../api/schema.d.ts').ApiKeyCreated | null} */ (null),
  );
  return html`
    <${Resource}
      caption=${t('admin.keys')}
      load=${(/** @type {string | undefined} */ _, /** @type {AbortSignal} */ signal) => listKeys({ signal })}
      none=${t('admin.keys.none')} icon="lock"
      shows=${(/** @type {Key} */ key) => gone || stateOf(key) === 'active'}
      head=${html`
        <label class="row"><input type="checkbox" checked=${gone}
          onChange=${(/** @type {any} */ event) => changeQuery({ show: event.currentTarget.checked ? 'all' : null })} />${t('admin.keys.gone')}</label>`}
      make=${{
        text: t('admin.keys.new'),
        form: (/** @type {Over} */ over) => html`<${NewKey} ...${over} onMade=${setMade} />`,
      }}
      columns=${COLUMNS()}
      acts=${(/** @type {Key} */ key) =>
        stateOf(key) === 'revoked'
          ? []
          : [
              {
                text: t('admin.keys.revoke'),
                label: t('admin.keys.revoke.named', { name: key.name }),
                kind: 'danger',
                ask: {
                  title: t('admin.keys.revoke.named', { name: key.name }),
                  text: t('admin.keys.revoke.text'),
                },
                run: () => revokeKey({ key_id: key.id }),
                said: t('admin.keys.revoked'),
              },
            ]} />
    ${made && html`<${Shown} made=${made} onClose=${() => setMade(null)} />`}`;
}

const COLUMNS = () => [
  {
    name: t('admin.keys.name'),
    show: (/** @type {Key} */ key) => html`
      <strong>${key.name}</strong> ${stateOf(key) !== 'active' && html`<${Badge} kind="dim">${word('key_state', stateOf(key))}<//>`}`,
  },
  { name: t('admin.users.role'), show: (/** @type {Key} */ key) => word('role', key.role) },
  {
    name: t('admin.keys.permissions'),
    show: (/** @type {Key} */ key) =>
      html`<span class="permissions">${key.permissions.map(one => html`<code key=${one}>${one}</code> `)}</span>`,
  },
  {
    name: t('admin.keys.used'),
    show: (/** @type {Key} */ key) => html`<${Time} at=${key.last_used_at} style="short" />`,
  },
  {
    name: t('admin.keys.until'),
    show: (/** @type {Key} */ key) => html`<${Time} at=${key.expires_at} style="date" />`,
  },
];

/** @param {Over & { onMade: (made: any) => void }} props */
const NewKey = ({ onMade, onDone, onClose }) => html`
  <${FormDialog} title=${t('admin.keys.new')} text=${t('admin.keys.text')} action=${t('admin.keys.make')} onClose=${onClose}
    onDone=${(/** @type {any} */ made) => {
      onMade(made);
      onDone();
    }}
    send=${(/** @type {FormData} */ form) =>
      createKey({
        body: {
          name: typed(form, 'name'),
          role: /** @type {KeyIn['role']} */ (typed(form, 'role')),
          permissions: /** @type {Permission[]} */ (form.getAll('permissions')),
          expires_at: utcOf(typed(form, 'until')) || null,
          cameras: grantsOf(form),
        },
      })}>
    ${(/** @type {(name: string) => string | undefined} */ error) => html`
      <${Field} label=${t('admin.keys.name')} name="name" required maxlength="100" autofocus autocomplete="off" error=${error('name')} />
      <${Choices} label=${t('admin.users.role')} name="role" chosen="viewer" hint=${t('admin.keys.role.hint')} options=${ROLES.map(value => ({ value, text: word('role', value) }))} />
      <${Checks} label=${t('admin.keys.permissions')} name="permissions" options=${Object.keys(PERMISSIONS).map(value => ({ value, text: value }))} error=${error('permissions')} />
      <${Field} label=${t('admin.keys.until')} name="until" type="datetime-local" hint=${t('admin.keys.until.hint')} error=${error('expires_at')} />
      <${Scope} label=${t('admin.keys.limited')} hint=${t('admin.keys.limited.hint')} limit=${null} />`}
  <//>`;

/** @param {{ made: import('../../api/schema.d.ts').ApiKeyCreated, onClose: () => void }} props */
function Shown({ made, onClose }) {
  const copy = async () => {
    await navigator.clipboard.writeText(made.key);
    toast(t('common.copied'), { kind: 'good' });
  };
  const footer = html`
    <${Button} icon="link" onClick=${copy}>${t('admin.keys.copy')}<//>
    <${Button} kind="primary" onClick=${onClose}>${t('admin.keys.kept')}<//>`;
  return html`
    <${Dialog} title=${t('admin.keys.made', { name: made.name })} footer=${footer}>
      <p>${t('admin.keys.once')}</p>
      <${Field} label=${t('admin.keys.key')} readonly class="secret" value=${made.key} onFocus=${(/** @type {any} */ event) => event.currentTarget.select()} />
      <p class="hint">${t('admin.keys.how')}</p>
    <//>`;
}
