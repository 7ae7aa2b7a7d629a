// How long what is kept, and the receipts of what was deleted.

import { getRetention, listReceipts } from '../../api/operations.js';
import { Badge } from '../../components/badge.js';
import { Loading, ProblemFace } from '../../components/face.js';
import { Resource } from '../../components/resource.js';
import { Time } from '../../components/time.js';
import { html } from '../../lib/html.js';
import { number, t, word } from '../../lib/i18n.js';
import { useLoad } from '../../lib/load.js';

/** @typedef {import('../../api/schema.d.ts').ReceiptOut} Receipt */

/** @type {(keyof import('../../api/schema.d.ts').RetentionOut)[]} */
const CLASSES = ['uploads_days', 'crops_days', 'events_days', 'hits_days', 'audit_days'];

export default function Retention() {
  const { data, problem, again } = useLoad(signal => getRetention({ signal }));
  return html`
    <section class="card panel" aria-label=${t('admin.retention.terms')}>
      <h2>${t('admin.retention.terms')}</h2>
      <p class="hint">${t('admin.retention.text')}</p>
      ${
        data
          ? html`<dl class="facts">${CLASSES.map(
              name => html`
                <div key=${name}><dt>${word('retained', name)}</dt>
                  <dd>${data[name] === null ? t('admin.retention.ever') : t('admin.retention.days', { count: /** @type {number} */ (data[name]) })}</dd></div>`,
            )}</dl>`
          : problem
            ? html`<${ProblemFace} problem=${problem} retry=${again} />`
            : html`<${Loading} />`
      }
    </section>
    <section class="entries" aria-label=${t('admin.receipts')}>
      <${Resource}
        caption=${t('admin.receipts')}
        load=${(/** @type {string | undefined} */ cursor, /** @type {AbortSignal} */ signal) => listReceipts({ limit: 50, ...(cursor ? { cursor } : {}) }, { signal })}
        none=${t('admin.receipts.none')} icon="trash"
        head=${html`<h2 class="grow">${t('admin.receipts')}</h2>`}
        columns=${[
          {
            name: t('admin.receipts.kind'),
            show: (/** @type {Receipt} */ one) =>
              html`<${Badge} kind=${one.kind === 'erasure' ? 'warn' : 'plain'}>${word('deletion', one.kind)}<//>`,
          },
          {
            name: t('common.time'),
            show: (/** @type {Receipt} */ one) => html`<${Time} at=${one.finished_at} style="short" />`,
          },
          { name: t('admin.receipts.deleted'), show: (/** @type {Receipt} */ one) => counts(one.deleted) },
          { name: t('admin.receipts.kept'), show: (/** @type {Receipt} */ one) => counts(one.kept) },
        ]} />
    </section>`;
}

/** How many of what, as a line of words. @param {Record<string, number>} found */
export const counts = found =>
  Object.entries(found)
    .map(([name, count]) => `${number(count)} ${word('counted', name)}`)
    .join(', ') || '–';
