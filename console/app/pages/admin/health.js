// Whether what the backend needs is there, what it has done, what waits, and what nobody could deal with.

import { useEffect } from 'preact/hooks';
import { Problem } from '../../api/client.js';
import { getAdminHealth, getBacklog, getHealth, getMetrics } from '../../api/operations.js';
import { Badge } from '../../components/badge.js';
import { Loading, ProblemFace } from '../../components/face.js';
import { Time } from '../../components/time.js';
import { html } from '../../lib/html.js';
import { number, t, word } from '../../lib/i18n.js';
import { useLoad } from '../../lib/load.js';
import { href } from '../../lib/router.js';

/** @typedef {import('../../api/schema.d.ts').HealthOut} Health */
/** @typedef {import('../../api/schema.d.ts').BacklogOut} Backlog */

const REFRESH_MS = 10_000;
const TOTALS = ['anpr_events_processed_total', 'anpr_jobs_processed_total', 'anpr_jobs_failed_total'];

export default function Page() {
  return html`
    <div class="panels">
      <${Services} />
      <${Waiting} />
      <${Totals} />
    </div>`;
}

/**
 * Something that is asked for again and again while it is looked at.
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} load
 */
function useWatch(load) {
  const found = useLoad(load);
  useEffect(() => {
    const clock = setInterval(() => !document.hidden && found.again(), REFRESH_MS);
    return () => clearInterval(clock);
  }, [found.again]);
  return found;
}

/** A card of the page; a problem has its face in it, and what was known stays. @param {{ title: string, found: { data: any, problem: unknown, again: () => Promise<void> }, children: (data: any) => any }} props */
const Panel = ({ title, found, children }) => html`
  <section class="card panel" aria-label=${title}>
    <h2>${title}</h2>
    ${found.problem ? html`<${ProblemFace} problem=${found.problem} retry=${found.again} />` : null}
    ${found.data ? children(found.data) : found.problem ? null : html`<${Loading} />`}
  </section>`;

function Services() {
  const alive = useWatch(signal => getHealth({ signal }));
  const found = useWatch(async signal => {
    try {
      return await getAdminHealth({ signal });
    } catch (problem) {
      // What is down is said by an answer of its own, and the rest of it is worth seeing.
      const answer = problem instanceof Problem ? /** @type {Partial<Health>} */ (problem.document) : {};
      if (answer.checks) return /** @type {Health} */ (answer);
      throw problem;
    }
  });
  return html`
    <${Panel} title=${t('admin.health.services')} found=${found}>
      ${(/** @type {Health} */ health) => html`
        <ul class="checks-list">
          <li><span class="grow">${t('admin.health.api')}</span><${State} ok=${!alive.problem} /></li>
          ${Object.entries(health.checks).map(
            ([name, check]) => html`
              <li key=${name}>
                <span class="grow">${word('service', name)}${check.error && html`<span class="error"> ${check.error}</span>`}</span>
                <span class="hint number">${number(check.latency_ms, { maximumFractionDigits: 0 })} ms</span>
                <${State} ok=${check.ok} />
              </li>`,
          )}
        </ul>`}
    <//>`;
}

/** @param {{ ok: boolean }} props */
const State = ({ ok }) =>
  html`<${Badge} kind=${ok ? 'good' : 'bad'}>${ok ? t('admin.health.ok') : t('admin.health.down')}<//>`;

function Waiting() {
  const found = useWatch(signal => getBacklog({ signal }));
  return html`
    <${Panel} title=${t('admin.health.backlog')} found=${found}>
      ${(/** @type {Backlog} */ backlog) => html`
        <dl class="facts">
          ${Object.entries(backlog.jobs).map(
            ([status, count]) =>
              html`<${Figure} key=${status} name=${word('upload_status', status)} value=${count} to=${href('footage', { status })} />`,
          )}
          <div><dt>${t('admin.health.oldest')}</dt><dd><${Time} at=${backlog.oldest_queued_at} style="short" /></dd></div>
          <${Figure} name=${t('admin.health.queue')} value=${backlog.queue_size} />
          <${Figure} name=${t('admin.health.failed')} value=${backlog.jobs_failed} bad to=${href('footage', { status: 'failed' })} />
          <${Figure} name=${t('admin.health.dead')} value=${backlog.dead_letters} bad />
          <${Figure} name=${t('admin.health.pending')} value=${backlog.deliveries_pending} to=${href('wanted/webhooks')} />
          <${Figure} name=${t('admin.health.undelivered')} value=${backlog.deliveries_failed} bad to=${href('wanted/webhooks')} />
          <${Figure} name=${t('admin.health.aside')} value=${backlog.events_set_aside} bad />
        </dl>
        <p class="hint">${t('admin.health.text')}</p>`}
    <//>`;
}

/** @param {{ name: string, value: number, bad?: boolean, to?: string }} props `bad` where any at all wants somebody */
const Figure = ({ name, value, bad = false, to }) => html`
  <div><dt>${to ? html`<a href=${to}>${name}</a>` : name}</dt>
    <dd class="number">${bad && value > 0 ? html`<${Badge} kind="bad">${number(value)}<//>` : number(value)}</dd></div>`;

function Totals() {
  const found = useWatch(async signal => figures(await getMetrics({ signal })));
  return html`
    <${Panel} title=${t('admin.health.totals')} found=${found}>
      ${(/** @type {Map<string, number>} */ metrics) => html`
        <dl class="facts">
          ${TOTALS.map(name => html`<${Figure} key=${name} name=${word('metric', name)} value=${metrics.get(name) ?? 0} />`)}
        </dl>
        <p class="hint">${t('admin.health.metrics')}</p>`}
    <//>`;
}

/**
 * The values of Prometheus' text format, by name; those with labels are none of ours.
 * @param {string} text
 */
const figures = text =>
  new Map(
    text
      .split('\n')
      .filter(line => line && !line.startsWith('#'))
      .map(line => line.split(' '))
      .map(([name = '', value]) => [name, Number(value)]),
  );
