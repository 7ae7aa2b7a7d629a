// What was delivered to a webhook: each message, and each attempt at it.

import { useEffect, useState } from 'preact/hooks';
import { getDelivery, listDeliveries, replayDelivery } from '../../api/operations.js';
import { Badge, StatusBadge } from '../../components/badge.js';
import { Button } from '../../components/button.js';
import { Dialog } from '../../components/dialog.js';
import { EmptyFace, Loading, ProblemFace } from '../../components/face.js';
import { More, usePages } from '../../components/pager.js';
import { Table } from '../../components/table.js';
import { Time } from '../../components/time.js';
import { toast, toastProblem } from '../../components/toast.js';
import { html } from '../../lib/html.js';
import { number, t } from '../../lib/i18n.js';
import { useLoad } from '../../lib/load.js';
import { eventName } from './webhook-forms.js';

/** @typedef {import('../../api/schema.d.ts').DeliveryOut} Delivery */
/** @typedef {import('../../api/schema.d.ts').AttemptOut} Attempt */

const LOOK_MS = 1500;

/** @param {{ id: string, asked: number }} props of the webhook; `asked` counts what was sent meanwhile by hand */
export function Deliveries({ id, asked }) {
  const ask = (/** @type {string | undefined} */ cursor, /** @type {AbortSignal | undefined} */ signal) =>
    listDeliveries({ webhook_id: id, limit: 50, ...(cursor ? { cursor } : {}) }, signal ? { signal } : {});
  const pages = usePages(ask, id);
  const [open, setOpen] = useState(/** @type {Delivery | null} */ (null));
  const { update } = pages;
  const pending = pages.items.some(one => one.status === 'pending');
  // While something is on its way, or was sent just now, the log is looked at again; what is below its first page stays.
  useEffect(() => {
    if (!pending && !asked) return undefined;
    const look = async () => {
      if (document.hidden) return;
      try {
        const { items } = await ask(undefined, undefined);
        const known = new Set(items.map(one => one.id));
        update(now => [...items, ...now.filter(one => !known.has(one.id))]);
      } catch {
        // The line at the top says what is wrong with the connection.
      }
    };
    look();
    const clock = pending ? setInterval(look, LOOK_MS) : undefined;
    return () => clearInterval(clock);
    // `update` and `ask` are others each time it is drawn, and do the same
  }, [pending, asked, id]);
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
    { name: t('wanted.message'), show: (/** @type {Delivery} */ one) => eventName(one.type) },
    {
      name: t('footage.status'),
      show: (/** @type {Delivery} */ one) =>
        html`<${StatusBadge} of="delivery_status" value=${one.status} />`,
    },
    {
      name: t('wanted.attempts'),
      show: (/** @type {Delivery} */ one) =>
        html`<${Button} kind="quiet" onClick=${() => setOpen(one)} aria-label=${t('wanted.attempts.show', { count: one.attempts })}>${number(one.attempts)}<//>`,
    },
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
      ${open && html`<${AttemptsDialog} webhook=${id} delivery=${open} onClose=${() => setOpen(null)} />`}
    </section>`;
}

/** @param {{ webhook: string, delivery: Delivery, onClose: () => void }} props */
function AttemptsDialog({ webhook, delivery, onClose }) {
  const { data, problem, loading, again } = useLoad(
    signal => getDelivery({ webhook_id: webhook, delivery_id: delivery.id }, { signal }),
    delivery.id,
  );
  const columns = [
    {
      name: t('common.time'),
      show: (/** @type {Attempt} */ one) => html`<${Time} at=${one.at} style="short" />`,
    },
    {
      name: t('wanted.attempt.answer'),
      show: (/** @type {Attempt} */ one) =>
        one.status_code === null
          ? html`<span class="error">${one.error}</span>`
          : html`<${Badge} kind=${one.status_code < 300 ? 'good' : 'bad'}>${String(one.status_code)}<//> <code class="answer">${one.response}</code>`,
    },
    {
      name: t('wanted.attempt.took'),
      show: (/** @type {Attempt} */ one) => `${number(Math.round(one.duration_ms))} ms`,
    },
  ];
  return html`
    <${Dialog} wide title=${t('wanted.attempts')} onClose=${onClose}>
      <p class="hint">${t('wanted.message.id')} <code>${delivery.message_id}</code></p>
      ${loading && !data && html`<${Loading} />`}
      ${problem && !data ? html`<${ProblemFace} problem=${problem} retry=${again} />` : null}
      ${data && data.log.length === 0 && html`<p>${t('wanted.attempts.none')}</p>`}
      ${data && data.log.length > 0 && html`<${Table} caption=${t('wanted.attempts')} columns=${columns} rows=${data.log} rowKey=${(/** @type {Attempt} */ one) => one.at} />`}
    <//>`;
}
