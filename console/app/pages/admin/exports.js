// Archives of passages with their pictures: asked for, made in the background, downloaded, withdrawn.

import { createExport, linkExport, listExports, withdrawExport } from '../../api/operations.js';
import { StatusBadge } from '../../components/badge.js';
import { Field } from '../../components/field.js';
import { Check, Checks, FormDialog, typed } from '../../components/form.js';
import { Resource } from '../../components/resource.js';
import { Time } from '../../components/time.js';
import { download } from '../../lib/csv.js';
import { utcOf } from '../../lib/filters.js';
import { html } from '../../lib/html.js';
import { number, percent, t, word } from '../../lib/i18n.js';
import { reason } from '../../lib/reason.js';
import { useCameraChoices } from './scope.js';

/** @typedef {import('../../api/schema.d.ts').ExportOut} Export */
/** @typedef {import('../../api/schema.d.ts').Content} Content */
/** @typedef {import('../../api/schema.d.ts').ReviewStatus} ReviewStatus */
/** @typedef {import('../../components/form.js').Over} Over */
/** @typedef {import('../../components/resource.js').Act} Act */

const REFRESH_MS = 3000;
/** @type {Content[]} */
const CONTENTS = ['crops', 'yolo', 'coco', 'csv', 'jsonl'];
/** @type {ReviewStatus[]} */
const STATUSES = ['confirmed', 'corrected', 'unreviewed', 'rejected'];

export default () => html`<${Resource}
  caption=${t('admin.exports')}
  load=${(/** @type {string | undefined} */ cursor, /** @type {AbortSignal} */ signal) => listExports({ limit: 50, ...(cursor ? { cursor } : {}) }, { signal })}
  none=${t('admin.exports.none')} icon="download" refreshMs=${REFRESH_MS}
  make=${{
    text: t('admin.exports.new'),
    said: t('admin.exports.asked'),
    form: (/** @type {Over} */ over) => html`<${NewExport} ...${over} />`,
  }}
  columns=${[
    {
      name: t('admin.exports.why'),
      show: (/** @type {Export} */ one) => html`
        <strong>${one.reason}</strong>
        <p class="hint">${(one.request.contents ?? []).map(content => word('content', content)).join(', ')}</p>`,
    },
    {
      name: t('footage.status'),
      show: (/** @type {Export} */ one) => html`
        <${StatusBadge} of="export_status" value=${stateOf(one)} />
        ${one.status === 'building' && html`<span class="row"><progress value=${one.progress} max="1" aria-label=${one.reason}></progress><span class="hint number">${percent(one.progress)}</span></span>`}
        ${one.failure_reason && html`<p class="error">${one.failure_reason}</p>`}`,
    },
    {
      name: t('admin.exports.size'),
      show: (/** @type {Export} */ one) => html`
        <span class="number">${t('search.found', { count: one.events })}</span>
        ${one.size_bytes !== null && html`<p class="hint number">${sizeText(one.size_bytes)}</p>`}
        ${one.images_missing > 0 && html`<p class="hint">${t('admin.exports.missing', { count: one.images_missing })}</p>`}`,
    },
    {
      name: t('admin.exports.at'),
      show: (/** @type {Export} */ one) => html`<${Time} at=${one.created_at} style="short" />`,
    },
    {
      name: t('wanted.until'),
      show: (/** @type {Export} */ one) => html`<${Time} at=${one.expires_at} style="date" />`,
    },
  ]}
  acts=${actsOf} />`;

/** One that was withdrawn has no archive any more, whenever the next sweep notes it. @param {Export} one */
const stateOf = one => (one.status === 'ready' && !one.available ? 'expired' : one.status);

/** @param {number} bytes */
const sizeText = bytes =>
  bytes < 1_000_000 ? `${number(Math.ceil(bytes / 1000))} kB` : `${number(Math.round(bytes / 1_000_000))} MB`;

/**
 * @param {Export} one
 * @returns {Act[]}
 */
const actsOf = one => [
  ...(one.available
    ? [
        /** @type {Act} */ ({
          text: t('admin.exports.download'),
          label: t('admin.exports.download.named', { name: one.reason }),
          icon: 'download',
          run: async () => download((await linkExport({ export_id: one.id })).url),
        }),
      ]
    : []),
  ...(stateOf(one) === 'expired'
    ? []
    : [
        /** @type {Act} */ ({
          text: t('admin.exports.withdraw'),
          label: t('admin.exports.withdraw.named', { name: one.reason }),
          kind: 'danger',
          ask: {
            title: t('admin.exports.withdraw.named', { name: one.reason }),
            text: t('admin.exports.withdraw.text'),
          },
          run: () => withdrawExport({ export_id: one.id }),
          said: t('admin.exports.withdrawn'),
        }),
      ]),
];

/** @param {Over} over */
function NewExport(over) {
  const cameras = useCameraChoices();
  return html`
    <${FormDialog} ...${over} title=${t('admin.exports.new')} text=${t('admin.exports.text')} action=${t('admin.exports.ask')}
      send=${(/** @type {FormData} */ form) =>
        createExport({
          body: {
            contents: /** @type {Content[]} */ (form.getAll('contents')),
            statuses: /** @type {ReviewStatus[]} */ (form.getAll('statuses')),
            captured_from: utcOf(typed(form, 'from')) || null,
            captured_to: utcOf(typed(form, 'to')) || null,
            camera_ids: form.getAll('cameras').map(String),
            validation_share: Number(typed(form, 'share')) / 100,
            notify: form.has('notify'),
            reason: typed(form, 'reason'),
          },
        })}>
      ${(/** @type {(name: string) => string | undefined} */ error) => html`
        <${Field} label=${t('search.reason')} name="reason" required minlength="3" maxlength="500" autofocus defaultValue=${reason.get()} error=${error('reason')} />
        <${Checks} label=${t('admin.exports.contents')} name="contents" options=${CONTENTS.map(value => ({ value, text: word('content', value) }))} chosen=${['csv']} error=${error('contents')} />
        <${Checks} label=${t('search.status')} name="statuses" options=${STATUSES.map(value => ({ value, text: word('review_status', value) }))}
          chosen=${['confirmed', 'corrected']} error=${error('statuses')} />
        <div class="columns">
          <${Field} label=${t('search.from')} name="from" type="datetime-local" error=${error('captured_from')} />
          <${Field} label=${t('search.to')} name="to" type="datetime-local" error=${error('captured_to')} />
        </div>
        <${Checks} key=${cameras.length} label=${t('admin.exports.cameras')} name="cameras" options=${cameras} none=${t('admin.cameras.none')} error=${error('camera_ids')} />
        <${Field} label=${t('admin.exports.share')} name="share" type="number" min="0" max="50" required defaultValue="10" hint=${t('admin.exports.share.hint')} error=${error('validation_share')} />
        <${Check} label=${t('admin.exports.notify')} name="notify" />`}
    <//>`;
}
