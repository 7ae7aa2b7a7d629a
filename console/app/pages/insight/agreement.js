// How far people and machine agree, by camera and week.

import { getAgreement } from '../../api/operations.js';
import { wallText } from '../../charts/axis.js';
import { Chart, MOST_SERIES } from '../../charts/chart.js';
import { Loading, ProblemFace } from '../../components/face.js';
import { useCameras } from '../../lib/cameras.js';
import { html } from '../../lib/html.js';
import { number, percent, t } from '../../lib/i18n.js';
import { useLoad } from '../../lib/load.js';
import { DAY_MS } from '../../lib/wall.js';

/** @typedef {import('../../api/schema.d.ts').AgreementOut} Agreement */

const WEEKS = 12;

/** @param {{ period: import('../insight.js').Period }} props */
export function AgreementPart({ period }) {
  const cameras = useCameras();
  const { begin, end, cameras: chosen } = period;
  // A week alone says little: at least so many are looked at.
  const earliest = new Date(Math.min(Date.parse(begin), Date.parse(end) - WEEKS * 7 * DAY_MS)).toISOString();
  const { data, problem, loading, again } = useLoad(
    signal => getAgreement({ captured_from: earliest, captured_to: end, camera_id: chosen }, { signal }),
    JSON.stringify([earliest, end, chosen]),
  );
  if (problem && !data) return html`<${ProblemFace} problem=${problem} retry=${again} />`;
  if (!data) return loading ? html`<${Loading} />` : null;
  const name = (/** @type {string} */ id) => cameras.get(id)?.name ?? '…';
  const weeks = [...new Set(data.items.map(one => Date.parse(one.week)))].sort((one, other) => one - other);
  const judged = (/** @type {string} */ id) =>
    data.items
      .filter(one => one.camera_id === id)
      .reduce((sum, one) => sum + one.confirmed + one.corrected, 0);
  const ids = [...new Set(data.items.map(one => one.camera_id))].sort(
    (one, other) => judged(other) - judged(one),
  );
  const series = ids.slice(0, MOST_SERIES).map(id => {
    const its = new Map(
      data.items.filter(one => one.camera_id === id).map(one => [Date.parse(one.week), one]),
    );
    return { name: name(id), values: weeks.map(week => its.get(week)?.agreement ?? null) };
  });
  const about =
    ids.length > MOST_SERIES ? t('insight.busiest', { count: MOST_SERIES }) : t('insight.agreement.about');
  return html`
    <div class="charts">
      <${Chart} title=${t('insight.agreement')} about=${about} times=${weeks} series=${series} kind="lines" share
        columns=${columnsOf(name)} rows=${data.items} file="agreement" />
    </div>`;
}

/** @param {(id: string) => string} name */
function columnsOf(name) {
  const share = (/** @type {number | null} */ value) => (value === null ? '–' : percent(value));
  /** @param {import('../../lib/i18n.js').Key} key @param {(row: Agreement) => number | null} value @param {(value: any) => string} show */
  const figure = (key, value, show = number) => ({
    name: t(key),
    class: 'figure',
    show: (/** @type {Agreement} */ row) => show(value(row)),
    value,
  });
  return [
    {
      name: t('insight.week'),
      show: (/** @type {Agreement} */ one) => wallText(Date.parse(one.week), 'date'),
      value: (/** @type {Agreement} */ one) => one.week,
    },
    {
      name: t('common.camera'),
      show: (/** @type {Agreement} */ one) => name(one.camera_id),
      value: (/** @type {Agreement} */ one) => name(one.camera_id),
    },
    figure('review_status.confirmed', one => one.confirmed),
    figure('review_status.corrected', one => one.corrected),
    figure('review_status.rejected', one => one.rejected),
    figure('insight.agreement.plates', one => one.agreement, share),
    figure('insight.agreement.characters', one => one.character_agreement, share),
    figure('insight.second', one => one.second_opinions),
    figure('insight.disagreed', one => one.disagreements),
  ];
}
