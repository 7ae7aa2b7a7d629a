// What was used, and how much of it the licence allows.

import { getLicenseStatus, getUsage, getUsageReport, listUsageReports } from '../../api/operations.js';
import { wallText } from '../../charts/axis.js';
import { Chart } from '../../charts/chart.js';
import { Button } from '../../components/button.js';
import { Loading, ProblemFace } from '../../components/face.js';
import { toastProblem } from '../../components/toast.js';
import { save } from '../../lib/csv.js';
import { html } from '../../lib/html.js';
import { number, t, word } from '../../lib/i18n.js';
import { useLoad } from '../../lib/load.js';
import { may } from '../../lib/session.js';

/** @typedef {import('../../api/schema.d.ts').UsageOut} Usage */
/** @typedef {import('../insight.js').Period} Period */

/** @param {{ period: Period }} props */
export function UsagePart({ period }) {
  return html`
    <div class="charts">
      <${Licence} />
      ${may('reviewer') && html`<${Minutes} period=${period} />`}
      ${may('reviewer') && html`<${Reports} />`}
    </div>`;
}

function Licence() {
  const { data, problem, loading, again } = useLoad(signal => getLicenseStatus({ signal }), 'licence');
  return html`
    <section class="card chart-card" aria-label=${t('insight.licence')}>
      <header class="row"><h2>${t('insight.licence')}</h2></header>
      ${problem && !data ? html`<${ProblemFace} problem=${problem} retry=${again} />` : null}
      ${loading && !data && html`<${Loading} />`}
      ${
        data &&
        html`
          <p>${word('standing', data.standing)}${data.plan ? ` · ${data.plan}` : ''}${data.expires_on ? ` · ${t('insight.licence.until')} ${wallText(Date.parse(data.expires_on), 'date')}` : ''}</p>
          <dl class="limits">
            ${data.limits.map(
              one => html`
                <div>
                  <dt>${word('limit', one.limit)}</dt>
                  <dd>
                    ${one.used === null ? '–' : number(one.used)}${one.allowed === null ? ` (${t('insight.licence.unlimited')})` : ` / ${number(one.allowed)}`}
                    ${one.used !== null && one.allowed !== null && html`<progress value=${Math.min(one.used, one.allowed)} max=${Math.max(1, one.allowed)} aria-label=${word('limit', one.limit)}></progress>`}
                  </dd>
                </div>`,
            )}
          </dl>
          ${data.warnings.map(text => html`<p class="error">${text}</p>`)}`
      }
    </section>`;
}

/** @param {{ period: Period }} props */
function Minutes({ period }) {
  const { from, to, cameras } = period;
  const only = cameras.length === 1 ? cameras[0] : null;
  const { data, problem, loading, again } = useLoad(
    signal => getUsage({ start: from, end: to, camera_id: only ?? null }, { signal }),
    JSON.stringify([from, to, only]),
  );
  if (problem && !data) return html`<${ProblemFace} problem=${problem} retry=${again} />`;
  if (!data) return loading ? html`<${Loading} />` : null;
  const rows = data.items.filter(one => cameras.length === 0 || cameras.includes(one.camera_id));
  const days = [...new Set(rows.map(one => Date.parse(one.period)))].sort((one, other) => one - other);
  const minutes = days.map(day =>
    rows.filter(one => Date.parse(one.period) === day).reduce((sum, one) => sum + one.minutes, 0),
  );
  return html`<${Chart} title=${t('insight.usage')} about=${t('insight.usage.about')} times=${days} series=${[{ name: t('insight.minutes'), values: minutes }]} kind="bars"
    columns=${usageColumns()} rows=${rows} file="usage" />`;
}

function usageColumns() {
  /** @param {import('../../lib/i18n.js').Key} key @param {(row: Usage) => number} value */
  const figure = (key, value) => ({
    name: t(key),
    class: 'figure',
    show: (/** @type {Usage} */ row) => number(value(row), { maximumFractionDigits: 1 }),
    value,
  });
  return [
    {
      name: t('insight.day'),
      show: (/** @type {Usage} */ one) => wallText(Date.parse(one.period), 'date'),
      value: (/** @type {Usage} */ one) => one.period,
    },
    {
      name: t('common.camera'),
      show: (/** @type {Usage} */ one) => one.camera_name ?? '–',
      value: (/** @type {Usage} */ one) => one.camera_name,
    },
    figure('insight.uploads', one => one.uploads),
    figure('insight.minutes', one => one.minutes),
    figure('insight.frames', one => one.frames),
    figure('insight.images', one => one.images),
    figure('insight.passages', one => one.events),
  ];
}

/** The reports of closed months, as files. */
function Reports() {
  const { data, problem, again } = useLoad(signal => listUsageReports({ signal }), 'reports');
  const keep = async (/** @type {string} */ month) => {
    try {
      const report = /** @type {unknown} */ (await getUsageReport({ month, format: 'csv' }));
      save(`usage-${month}.csv`, `\ufeff${report}`);
    } catch (refused) {
      toastProblem(refused);
    }
  };
  return html`
    <section class="card chart-card" aria-label=${t('insight.reports')}>
      <header class="row"><h2>${t('insight.reports')}</h2></header>
      <p class="hint">${t('insight.reports.about')}</p>
      ${problem && !data ? html`<${ProblemFace} problem=${problem} retry=${again} />` : null}
      <div class="row">
        ${data?.items.map(month => html`<${Button} key=${month} icon="download" onClick=${() => keep(month)}>${month}<//>`)}
        ${data?.items.length === 0 && html`<span class="hint">${t('insight.reports.none')}</span>`}
      </div>
    </section>`;
}
