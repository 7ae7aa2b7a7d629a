// Webhooks: where machines are told of hits, and the log of what they were told.

import { useState } from 'preact/hooks';
import { deleteWebhook, listWebhooks, rotateSecret, testWebhook } from '../../api/operations.js';
import { Button } from '../../components/button.js';
import { confirm } from '../../components/dialog.js';
import { EmptyFace } from '../../components/face.js';
import { More, usePages } from '../../components/pager.js';
import { Table } from '../../components/table.js';
import { Time } from '../../components/time.js';
import { toast, toastProblem } from '../../components/toast.js';
import { html } from '../../lib/html.js';
import { t } from '../../lib/i18n.js';
import { href } from '../../lib/router.js';
import { Deliveries } from './deliveries.js';
import { Active } from './entries.js';
import { eventName, SecretDialog, WebhookDialog } from './webhook-forms.js';

/** @typedef {import('../../api/schema.d.ts').WebhookOut} Webhook */

/** @param {{ id: string }} props of the one that is open */
export function Webhooks({ id }) {
  const pages = usePages(
    (cursor, signal) => listWebhooks({ limit: 100, ...(cursor ? { cursor } : {}) }, { signal }),
    'webhooks',
  );
  const [edited, setEdited] = useState(/** @type {Webhook | 'new' | null} */ (null));
  const [secret, setSecret] = useState(/** @type {string | null} */ (null));
  const [asked, setAsked] = useState(0);
  const open = pages.items.find(one => one.id === id);
  const columns = [
    {
      name: t('wanted.webhook'),
      show: (/** @type {Webhook} */ one) => html`<span class="address">${one.url}</span>`,
    },
    {
      name: t('wanted.webhook.types'),
      show: (/** @type {Webhook} */ one) => one.event_types.map(eventName).join(', '),
    },
    {
      name: t('footage.status'),
      show: (/** @type {Webhook} */ one) => html`
        <${Active} active=${one.active} />
        ${one.failing_since && html`<p class="hint">${t('wanted.webhook.failing')} <${Time} at=${one.failing_since} style="short" /></p>`}
        ${one.disabled_reason && html`<p class="error">${one.disabled_reason}</p>`}`,
    },
  ];
  /** @param {() => Promise<unknown>} act */
  const tried = async act => {
    try {
      await act();
    } catch (problem) {
      toastProblem(problem);
    }
  };
  const test = (/** @type {Webhook} */ one) =>
    tried(async () => {
      await testWebhook({ webhook_id: one.id });
      toast(t('wanted.webhook.tested'), { kind: 'good' });
      setAsked(now => now + 1);
    });
  const renew = (/** @type {Webhook} */ one) =>
    tried(async () => {
      const text = t('wanted.webhook.renew.text');
      if (!(await confirm({ title: t('wanted.webhook.renew'), text, action: t('wanted.webhook.renew') })))
        return;
      setSecret((await rotateSecret({ webhook_id: one.id })).secret);
      pages.again();
    });
  const remove = (/** @type {Webhook} */ one) =>
    tried(async () => {
      const title = t('wanted.webhook.remove', { url: one.url });
      const text = t('wanted.webhook.remove.text');
      if (!(await confirm({ title, text, action: t('wanted.remove'), danger: true }))) return;
      await deleteWebhook({ webhook_id: one.id });
      location.hash = href('wanted/webhooks');
      pages.again();
    });
  return html`
    <div class="row actions">
      <${Button} icon="plus" kind="primary" onClick=${() => setEdited('new')}>${t('wanted.webhook.new')}<//>
    </div>
    ${
      pages.items.length > 0 &&
      html`<div class="card results"><${Table} caption=${t('wanted.webhooks')} columns=${columns} rows=${pages.items} current=${id}
        rowKey=${(/** @type {Webhook} */ one) => one.id} href=${(/** @type {Webhook} */ one) => href(`wanted/webhooks/${one.id}`)} /></div>`
    }
    ${
      pages.fresh && !pages.loading && !pages.problem && pages.items.length === 0
        ? html`<${EmptyFace} title=${t('wanted.webhooks.none')}>${t('wanted.webhooks.none.text')}<//>`
        : html`<${More} pages=${pages} />`
    }
    ${
      open &&
      html`
        <section class="entries" aria-label=${open.url}>
          <div class="row actions">
            <h2 class="grow address">${open.url}</h2>
            <${Button} icon="upload" onClick=${() => test(open)}>${t('wanted.webhook.test')}<//>
            <${Button} onClick=${() => setEdited(open)}>${t('wanted.change')}<//>
            <${Button} icon="lock" onClick=${() => renew(open)}>${t('wanted.webhook.renew')}<//>
            <${Button} icon="trash" kind="danger" onClick=${() => remove(open)}>${t('wanted.remove')}<//>
          </div>
          ${open.description && html`<p>${open.description}</p>`}
          ${open.previous_secret_until && html`<p class="hint">${t('wanted.webhook.previous')} <${Time} at=${open.previous_secret_until} /></p>`}
        </section>
        <${Deliveries} key=${open.id} id=${open.id} asked=${asked} />`
    }
    ${
      edited &&
      html`<${WebhookDialog} webhook=${edited === 'new' ? null : edited} onClose=${() => setEdited(null)}
        onSaved=${(/** @type {string | null} */ made) => {
          setSecret(made);
          pages.again();
        }} />`
    }
    ${secret && html`<${SecretDialog} secret=${secret} onClose=${() => setSecret(null)} />`}`;
}
