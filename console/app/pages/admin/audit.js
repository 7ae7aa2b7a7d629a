// The audit log: who did what, when and why; and whether it is as it was written.

import { useState } from 'preact/hooks';
import { all } from '../../api/client.js';
import { listAudit, listUsers, verifyAudit } from '../../api/operations.js';
import { Badge } from '../../components/badge.js';
import { Button } from '../../components/button.js';
import { ProblemFace } from '../../components/face.js';
import { Field } from '../../components/field.js';
import { Resource } from '../../components/resource.js';
import { Time } from '../../components/time.js';
import { localOf, utcOf } from '../../lib/filters.js';
import { html } from '../../lib/html.js';
import { number, t } from '../../lib/i18n.js';
import { useLoad } from '../../lib/load.js';
import { changeQuery, href, useRoute } from '../../lib/router.js';

/** @typedef {import('../../api/schema.d.ts').AuditOut} Row */
/** @typedef {import('../../api/schema.d.ts').AuditCheck} AuditCheck */

const FILTERS = ['actor', 'action', 'target', 'from', 'to'];

export default function Audit() {
  const { query } = useRoute();
  const of = (/** @type {string} */ name) => query.get(name) || null;
  return html`
    <${Verification} />
    <section class="entries" aria-label=${t('admin.audit')}>
      <${Filters} query=${query} />
      <${Resource}
        caption=${t('admin.audit')} question=${FILTERS.map(of).join('\n')}
        load=${(/** @type {string | undefined} */ cursor, /** @type {AbortSignal} */ signal) =>
          listAudit(
            {
              limit: 50,
              actor_id: of('actor'),
              action: of('action'),
              target: of('target'),
              start: of('from'),
              end: of('to'),
              ...(cursor ? { cursor } : {}),
            },
            { signal },
          )}
        none=${t('admin.audit.none')} icon="lock"
        rowKey=${(/** @type {Row} */ row) => String(row.seq)}
        columns=${[
          { name: t('admin.audit.seq'), class: 'number', show: (/** @type {Row} */ row) => number(row.seq) },
          {
            name: t('common.time'),
            show: (/** @type {Row} */ row) => html`<${Time} at=${row.at} style="short" />`,
          },
          {
            name: t('admin.audit.actor'),
            show: (/** @type {Row} */ row) => row.actor,
          },
          {
            name: t('admin.audit.action'),
            show: (/** @type {Row} */ row) =>
              html`<a href=${href('admin/audit', { action: row.action })}><code>${row.action}</code></a>`,
          },
          {
            name: t('admin.audit.target'),
            show: (/** @type {Row} */ row) =>
              html`<a class="address" href=${href('admin/audit', { target: row.target })}>${row.target}</a>`,
          },
          {
            name: t('search.reason'),
            show: (/** @type {Row} */ row) => html`${row.reason ?? ''}<${More} row=${row} />`,
          },
        ]} />
    </section>`;
}

/** @param {{ row: Row }} props */
const More = ({ row }) => html`
  <details class="more-of">
    <summary>${t('passage.facts')}</summary>
    ${Object.keys(row.detail).length > 0 && html`<pre>${JSON.stringify(row.detail, null, 2)}</pre>`}
    <p class="hint address">SHA-256 ${row.hash}</p>
    ${row.request_id && html`<p class="hint address">${t('face.request', { id: row.request_id })}</p>`}
  </details>`;

/** @param {{ query: URLSearchParams }} props */
function Filters({ query }) {
  const users = useLoad(signal => all(page => listUsers(page, { signal })));
  const change = (/** @type {string} */ name) => (/** @type {any} */ event) =>
    changeQuery({ [name]: event.currentTarget.value.trim() });
  const at = (/** @type {string} */ name) => (/** @type {any} */ event) =>
    changeQuery({ [name]: utcOf(event.currentTarget.value) });
  return html`
    <div class="filters-line">
      <${Field} as="select" label=${t('admin.audit.actor')} value=${query.get('actor') ?? ''} onChange=${change('actor')}>
        <option value="">${t('common.any')}</option>
        ${(users.data ?? []).map(user => html`<option key=${user.id} value=${user.id} selected=${user.id === query.get('actor')}>${user.email}</option>`)}
      <//>
      <${Field} label=${t('admin.audit.action')} type="search" maxlength="100" placeholder="plate.searched" value=${query.get('action') ?? ''} onChange=${change('action')} />
      <${Field} label=${t('admin.audit.target')} type="search" maxlength="200" placeholder="plate:B172WAW" value=${query.get('target') ?? ''} onChange=${change('target')} />
      <${Field} label=${t('search.from')} type="datetime-local" value=${localOf(query.get('from') ?? '')} onChange=${at('from')} />
      <${Field} label=${t('search.to')} type="datetime-local" value=${localOf(query.get('to') ?? '')} onChange=${at('to')} />
      ${FILTERS.some(name => query.get(name)) && html`<${Button} kind="quiet" icon="close" onClick=${() => changeQuery(Object.fromEntries(FILTERS.map(name => [name, null])))}>${t('search.clear')}<//>`}
    </div>`;
}

/** The whole chain is read for it, so it is done when somebody asks. */
function Verification() {
  const [state, setState] = useState(
    /** @type {{ busy: boolean, found: AuditCheck | null, problem: unknown }} */ ({
      busy: false,
      found: null,
      problem: null,
    }),
  );
  const check = async () => {
    setState({ busy: true, found: null, problem: null });
    try {
      setState({ busy: false, found: await verifyAudit(), problem: null });
    } catch (problem) {
      setState({ busy: false, found: null, problem });
    }
  };
  const { found, problem, busy } = state;
  return html`
    <section class="card panel" aria-label=${t('admin.audit.check')}>
      <div class="row">
        <h2 class="grow">${t('admin.audit.check')}</h2>
        <${Button} icon="check" busy=${busy} onClick=${check}>${t('admin.audit.check.go')}<//>
      </div>
      <p class="hint">${t('admin.audit.check.text')}</p>
      ${problem ? html`<${ProblemFace} problem=${problem} retry=${check} />` : null}
      <div role="status">${found && html`<${Result} found=${found} />`}</div>
    </section>`;
}

/** @param {{ found: AuditCheck }} props */
const Result = ({ found }) => html`
  <p class="row"><${Badge} kind=${found.ok ? 'good' : 'bad'}>${found.ok ? t('admin.audit.ok') : t('admin.audit.broken')}<//>
    ${found.broken_at !== null && html`<span>${t('admin.audit.broken.at', { seq: found.broken_at })}</span>`}</p>
  ${found.findings.map(text => html`<p key=${text} class="error">${text}</p>`)}
  <dl class="facts">
    <div><dt>${t('admin.audit.newest')}</dt><dd class="number">${found.seq === null ? '–' : number(found.seq)}</dd></div>
    <div><dt>${t('admin.audit.anchors')}</dt><dd class="number">${number(found.anchors)}</dd></div>
    <div><dt>${t('admin.audit.anchored')}</dt><dd>${found.anchored_seq === null ? '–' : html`${number(found.anchored_seq)} · <${Time} at=${found.anchored_at} />`}</dd></div>
    ${found.hash && html`<div class="wide"><dt>${t('admin.audit.hash')}</dt><dd class="address">${found.hash}</dd></div>`}
    ${found.anchor_key && html`<div class="wide"><dt>${t('admin.audit.key')}</dt><dd class="address">${found.anchor_key}</dd></div>`}
    ${found.restarts.map(text => html`<div key=${text} class="wide"><dt>${t('admin.audit.restart')}</dt><dd>${text}</dd></div>`)}
  </dl>`;
