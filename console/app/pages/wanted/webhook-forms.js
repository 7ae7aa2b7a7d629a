// Making and changing a webhook; its secret is shown once, since nobody can read it afterwards.

import { all } from '../../api/client.js';
import { changeWebhook, createWebhook, listBoloLists } from '../../api/operations.js';
import { Button } from '../../components/button.js';
import { Dialog } from '../../components/dialog.js';
import { Field } from '../../components/field.js';
import { Check, Checks, FormDialog, typed } from '../../components/form.js';
import { toast } from '../../components/toast.js';
import { html } from '../../lib/html.js';
import { t } from '../../lib/i18n.js';
import { useLoad } from '../../lib/load.js';

/** @typedef {import('../../api/schema.d.ts').WebhookOut} Webhook */
/** @typedef {import('../../api/schema.d.ts').ListOut} List */

const TYPES = /** @type {const} */ ([
  'bolo.matched',
  'bolo.updated',
  'camera.silent',
  'camera.back',
  'audit.anchored',
]);

/** What a type of message tells. @param {string} type */
export const eventName = type =>
  TYPES.some(one => one === type) ? t(/** @type {any} */ (`webhook_event.${type}`)) : type;

/** @param {{ webhook: Webhook | null, onSaved: (secret: string | null) => void, onClose: () => void }} props null for a new one */
export function WebhookDialog({ webhook, onSaved, onClose }) {
  const lists = useLoad(
    signal => all(page => /** @type {Promise<any>} */ (listBoloLists(page, { signal }))),
    'lists',
  );
  const send = async (/** @type {FormData} */ form) => {
    const chosen = form.getAll('list').map(String);
    const body = {
      url: typed(form, 'url'),
      description: typed(form, 'description'),
      event_types: /** @type {any} */ (form.getAll('type').map(String)),
      // Lists that have not come could not be unticked: what was chosen stays.
      list_ids: lists.data ? (chosen.length ? chosen : null) : (webhook?.list_ids ?? null),
      active: form.has('active'),
    };
    if (!webhook) return (await createWebhook({ body })).secret;
    await changeWebhook({ webhook_id: webhook.id, body });
    return null;
  };
  const types = TYPES.map(value => ({ value, text: eventName(value) }));
  const named = (lists.data ?? []).map((/** @type {List} */ one) => ({ value: one.id, text: one.name }));
  return html`
    <${FormDialog} title=${webhook ? t('wanted.webhook.change') : t('wanted.webhook.new')} send=${send} onClose=${onClose} onDone=${onSaved}>
      ${(/** @type {(name: string) => string | undefined} */ error) => html`
        <${Field} label=${t('wanted.webhook')} name="url" type="url" required autofocus maxlength="2000" placeholder="https://" autocomplete="off"
          defaultValue=${webhook?.url} error=${error('url')} />
        <${Field} label=${t('wanted.about')} name="description" maxlength="2000" defaultValue=${webhook?.description} error=${error('description')} />
        <${Checks} label=${t('wanted.webhook.types')} name="type" options=${types} chosen=${webhook?.event_types ?? ['bolo.matched', 'bolo.updated']} error=${error('event_types')} />
        <${Checks} key=${lists.data ? 'come' : 'asked'} label=${t('wanted.webhook.lists')} name="list" options=${named} chosen=${webhook?.list_ids ?? []} error=${error('list_ids')}
          none=${lists.loading ? t('common.loading') : t('wanted.lists.none')} />
        <${Check} label=${t('wanted.active')} name="active" checked=${webhook?.active ?? true} />`}
    <//>`;
}

/** @param {{ secret: string, onClose: () => void }} props */
export function SecretDialog({ secret, onClose }) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(secret);
      toast(t('common.copied'), { kind: 'good' });
    } catch {
      // A browser that does not let pages write there: it can be marked and copied by hand.
    }
  };
  const footer = html`<${Button} onClick=${copy} icon="link">${t('wanted.secret.copy')}<//><${Button} kind="primary" onClick=${onClose}>${t('wanted.secret.kept')}<//>`;
  return html`
    <${Dialog} title=${t('wanted.secret')} onClose=${onClose} footer=${footer}>
      <p>${t('wanted.secret.text')}</p>
      <code class="secret">${secret}</code>
    <//>`;
}
