// Webhooks, and the log of what was delivered to one.

import { listDeliveries, listWebhooks, replayDelivery } from '../api/operations.js';
import { Badge, StatusBadge } from '../components/badge.js';
import { Button } from '../components/button.js';
import { EmptyFace } from '../components/face.js';
import { More, usePages } from '../components/pager.js';
import { Table } from '../components/table.js';
import { Time } from '../components/time.js';
import { toast, toastProblem } from '../components/toast.js';
import { html } from '../lib/html.js';
import { number, t } from '../lib/i18n.js';
import { href } from '../lib/router.js';

/** @typedef {import('../api/schema.d.ts').WebhookOut} Webhook */
/** @typedef {import('../api/schema.d.ts').DeliveryOut} Delivery */

/** @param {{ id: string }} props of the one that is open */
export function Webhooks({ id }) {
  const pages = usePages(
    (cursor, signal) => listWebhooks({ limit: 100, ...(cursor ? { cursor } : {}) }, { signal }),
    'webhooks',
  );
  const columns = [
    {
      name: t('wanted.webhook'),
      show: (/** @type {Webhook} */ one) => html`<span class="address">${one.url}</span>`,
    },
    { name: t('wanted.about'), show: (/** @type {Webhook} */ one) => one.description },
    {
      name: t('footage.status'),
      show: (/** @type {Webhook} */ one) => html`
        <${Badge} kind=${one.active ? 'good' : 'dim'}>${one.active ? t('wanted.active') : t('wanted.inactive')}<//>
        ${one.disabled_reason && html`<p class="error">${one.disabled_reason}</p>`}`,
    },
  ];
  return html`
    ${
      pages.items.length > 0 &&
      html`<div class="card results"><${Table} caption=${t('wanted.webhooks')} columns=${columns} rows=${pages.items} current=${id}
        rowKey=${(/** @type {Webhook} */ one) => one.id} href=${(/** @type {Webhook} */ one) => href(`wanted/webhooks/${one.id}`)} /></div>`
    }
    ${
      pages.fresh && !pages.loading && !pages.problem && pages.items.length === 0
        ? html`<${EmptyFace} title=${t('wanted.webhooks.none')} />`
        : html`<${More} pages=${pages} />`
    }
    ${id && html`<${Deliveries} key=${id} id=${id} />`}`;
}

/** @param {{ id: string }} props */
function Deliveries({ id }) {
  const pages = usePages(
    (cursor, signal) =>
      listDeliveries({ webhook_id: id, limit: 50, ...(cursor ? { cursor } : {}) }, { signal }),
    id,
  );
  const replay = async (/** @type {Delivery} */ delivery) => {
    try {
      await replayDelivery({ webhook_id: id, delivery_id: delivery.id });
      toast(t('wanted.replayed'), { kind: 'good' });
      pages.again();
    } catch (problem) {
      toastProblem(problem);
    }
  };
  const columns = [
    {
      name: t('common.time'),
      show: (/** @type {Delivery} */ one) => html`<${Time} at=${one.created_at} style="short" />`,
    },
    { name: t('wanted.message'), show: (/** @type {Delivery} */ one) => one.type },
    {
      name: t('footage.status'),
      show: (/** @type {Delivery} */ one) =>
        html`<${StatusBadge} of="delivery_status" value=${one.status} />`,
    },
    { name: t('wanted.attempts'), show: (/** @type {Delivery} */ one) => number(one.attempts) },
    {
      name: t('footage.actions'),
      class: 'end',
      show: (/** @type {Delivery} */ one) =>
        one.status === 'pending'
          ? null
          : html`<${Button} icon="refresh" onClick=${() => replay(one)}>${t('wanted.replay')}<//>`,
    },
  ];
  return html`
    <section class="entries" aria-label=${t('wanted.deliveries')}>
      <div class="row actions"><h2 class="grow">${t('wanted.deliveries')}</h2><${Button} icon="refresh" onClick=${pages.again}>${t('review.look')}<//></div>
      ${
        pages.items.length > 0 &&
        html`<div class="card results"><${Table} caption=${t('wanted.deliveries')} columns=${columns} rows=${pages.items} rowKey=${(/** @type {Delivery} */ one) => one.id} /></div>`
      }
      ${
        pages.fresh && !pages.loading && !pages.problem && pages.items.length === 0
          ? html`<${EmptyFace} title=${t('wanted.deliveries.none')} />`
          : html`<${More} pages=${pages} />`
      }
    </section>`;
}
