// What passed: over time, by the hour of the day, by camera, and how much of it was read.

import { useEffect, useState } from 'preact/hooks';
import { getTraffic } from '../../api/operations.js';
import { wallText } from '../../charts/axis.js';
import { Chart, MOST_SERIES } from '../../charts/chart.js';
import { Loading, ProblemFace } from '../../components/face.js';
import { camerasAsked, useCameras } from '../../lib/cameras.js';
import { html } from '../../lib/html.js';
import { number, percent, t } from '../../lib/i18n.js';
import { useLoad } from '../../lib/load.js';
import { DAY_MS, wallOf } from '../../lib/wall.js';

/** @typedef {import('../../api/schema.d.ts').TrafficOut} Traffic */
/** @typedef {{ wall: number, camera: string, passages: number, unreadable: number, scores: number }} Count `scores` is the sum of those of what was read */

const HOUR_MS = 3_600_000;
const FIRST = Date.UTC(2000, 0, 1);

/** @param {{ period: import('../insight.js').Period }} props */
export function TrafficPart({ period }) {
  const cameras = useCameras();
  const { begin, end, step, cameras: chosen } = period;
  const { data, problem, loading, again } = useLoad(
    signal => getTraffic({ captured_from: begin, captured_to: end, step, camera_id: chosen }, { signal }),
    JSON.stringify([begin, end, step, chosen]),
  );
  // Without the cameras nobody knows what the clock said there; if they do not come, the page goes on without.
  const [asked, setAsked] = useState(cameras.size > 0);
  useEffect(() => {
    camerasAsked().then(() => setAsked(true));
  }, []);
  if (problem && !data) return html`<${ProblemFace} problem=${problem} retry=${again} />`;
  if (!data || !asked) return loading || data ? html`<${Loading} />` : null;
  const counts = data.items.map(one => countOf(one, cameras.get(one.camera_id)?.time_zone ?? period.zone));
  const name = (/** @type {string} */ id) => cameras.get(id)?.name ?? '…';
  return html`
    <div class="charts">
      <${Passages} counts=${counts} step=${step} name=${name} />
      <${ByCamera} counts=${counts} name=${name} />
      <${ReadRate} counts=${counts} name=${name} />
      ${step === 'hour' && html`<${HoursOfDay} counts=${counts} />`}
    </div>`;
}

/** @param {Traffic} one @param {string} zone @returns {Count} */
const countOf = (one, zone) => ({
  wall: wallOf(one.start, zone),
  camera: one.camera_id,
  passages: one.passages,
  unreadable: one.unreadable,
  scores: (one.score ?? 0) * (one.passages - one.unreadable),
});

/**
 * The sums of what is alike.
 * @template K
 * @param {Count[]} counts
 * @param {(count: Count) => K} by
 * @returns {Map<K, Count>} in the order of the keys
 */
function summed(counts, by) {
  /** @type {Map<K, Count>} */
  const sums = new Map();
  for (const one of counts) {
    const key = by(one);
    const sum = sums.get(key);
    if (!sum) sums.set(key, { ...one });
    else {
      sum.passages += one.passages;
      sum.unreadable += one.unreadable;
      sum.scores += one.scores;
    }
  }
  return sums;
}

/** All times from the first to the last, so that an hour without a vehicle is a gap and not a neighbour. @param {Iterable<number>} walls @param {number} step */
function timesFrom(walls, step) {
  const all = [...walls];
  if (all.length === 0) return [];
  const [first, last] = [Math.min(...all), Math.max(...all)];
  const times = new Set(all);
  for (let at = first; at < last; at += step) times.add(at);
  return [...times].sort((one, other) => one - other);
}

/** @param {Count | undefined} count */
const readShare = count => (count && count.passages > 0 ? 1 - count.unreadable / count.passages : null);

const columnsOfCounts = () => [
  number_('insight.passages', (/** @type {Count} */ one) => one.passages),
  number_('insight.unreadable', (/** @type {Count} */ one) => one.unreadable),
  {
    name: t('insight.rate'),
    class: 'figure',
    show: (/** @type {Count} */ one) => shareText(readShare(one)),
    value: (/** @type {Count} */ one) => readShare(one),
  },
];

/** @param {number | null} share */
const shareText = share => (share === null ? '–' : percent(share));

/** @param {import('../../lib/i18n.js').Key} key @param {(row: any) => number} value */
const number_ = (key, value) => ({
  name: t(key),
  class: 'figure',
  show: (/** @type {any} */ row) => number(value(row)),
  value,
});

/** @param {{ counts: Count[], step: 'hour' | 'day', name: (id: string) => string }} props */
function Passages({ counts, step, name }) {
  const sums = summed(counts, one => one.wall);
  const times = timesFrom(sums.keys(), step === 'hour' ? HOUR_MS : DAY_MS);
  const style = step === 'hour' ? 'datetime' : 'date';
  const series = [
    { name: t('insight.passages'), values: times.map(at => sums.get(at)?.passages ?? 0) },
    { name: t('insight.unreadable'), values: times.map(at => sums.get(at)?.unreadable ?? 0) },
  ];
  const columns = [
    {
      name: t('common.time'),
      show: (/** @type {Count} */ one) => wallText(one.wall, style),
      value: (/** @type {Count} */ one) => new Date(one.wall).toISOString().slice(0, 16),
    },
    {
      name: t('common.camera'),
      show: (/** @type {Count} */ one) => name(one.camera),
      value: (/** @type {Count} */ one) => name(one.camera),
    },
    ...columnsOfCounts(),
  ];
  const total = counts.reduce((sum, one) => sum + one.passages, 0);
  const title = step === 'hour' ? t('insight.traffic.hour') : t('insight.traffic.day');
  return html`<${Chart} title=${title} about=${t('insight.total', { count: total })} times=${times} series=${series} kind="bars" time=${style}
    columns=${columns} rows=${counts} file="passages" />`;
}

/** @param {{ counts: Count[] }} props */
function HoursOfDay({ counts }) {
  const sums = summed(counts, one => new Date(one.wall).getUTCHours());
  const hours = counts.length ? [...Array(24).keys()] : [];
  const times = hours.map(hour => FIRST + hour * HOUR_MS);
  const rows = hours.map(hour => ({ hour, ...(sums.get(hour) ?? { passages: 0, unreadable: 0 }) }));
  const series = [
    { name: t('insight.passages'), values: rows.map(one => one.passages) },
    { name: t('insight.unreadable'), values: rows.map(one => one.unreadable) },
  ];
  const columns = [
    {
      name: t('insight.hour'),
      show: (/** @type {any} */ one) => wallText(FIRST + one.hour * HOUR_MS, 'hour'),
      value: (/** @type {any} */ one) => one.hour,
    },
    ...columnsOfCounts(),
  ];
  return html`<${Chart} title=${t('insight.hours')} about=${t('insight.hours.about')} times=${times} series=${series} kind="bars" time="hour"
    columns=${columns} rows=${rows} file="hours" />`;
}

/** @param {{ counts: Count[], name: (id: string) => string }} props */
function ReadRate({ counts, name }) {
  const day = (/** @type {Count} */ one) => one.wall - (one.wall % DAY_MS);
  const times = timesFrom(counts.map(day), DAY_MS);
  const busiest = [...summed(counts, one => one.camera).values()].sort(
    (one, other) => other.passages - one.passages,
  );
  const drawn = busiest.slice(0, MOST_SERIES);
  const series = drawn.map(({ camera }) => {
    const sums = summed(
      counts.filter(one => one.camera === camera),
      day,
    );
    return { name: name(camera), values: times.map(at => readShare(sums.get(at))) };
  });
  const daily = [...summed(counts, one => `${day(one)} ${one.camera}`).values()].map(one => ({
    ...one,
    wall: day(one),
  }));
  const columns = [
    {
      name: t('insight.day'),
      show: (/** @type {Count} */ one) => wallText(one.wall, 'date'),
      value: (/** @type {Count} */ one) => new Date(one.wall).toISOString().slice(0, 10),
    },
    {
      name: t('common.camera'),
      show: (/** @type {Count} */ one) => name(one.camera),
      value: (/** @type {Count} */ one) => name(one.camera),
    },
    ...columnsOfCounts(),
  ];
  const about =
    busiest.length > drawn.length ? t('insight.busiest', { count: drawn.length }) : t('insight.rate.about');
  return html`<${Chart} title=${t('insight.rates')} about=${about} times=${times} series=${series} kind="lines" share
    columns=${columns} rows=${daily} file="read-rate" />`;
}

/** @param {{ counts: Count[], name: (id: string) => string }} props */
function ByCamera({ counts, name }) {
  const rows = [...summed(counts, one => one.camera).values()].sort(
    (one, other) => other.passages - one.passages,
  );
  const most = rows[0]?.passages ?? 1;
  if (rows.length === 0) return null;
  return html`
    <section class="card chart-card" aria-label=${t('insight.cameras')}>
      <header class="row"><h2>${t('insight.cameras')}</h2></header>
      <div class="numbers-frame" tabindex="0" role="group" aria-label=${t('insight.cameras')}>
        <table class="table camera-bars">
          <caption class="visually-hidden">${t('insight.cameras')}</caption>
          <thead><tr><th scope="col">${t('common.camera')}</th><th scope="col" class="figure">${t('insight.passages')}</th><th scope="col" class="figure">${t('insight.unreadable.share')}</th><th scope="col" class="figure">${t('insight.score')}</th></tr></thead>
          <tbody>
            ${rows.map(
              one => html`
                <tr key=${one.camera}>
                  <th scope="row"><span class="bar-of">${name(one.camera)}<progress aria-hidden="true" value=${one.passages} max=${most}></progress></span></th>
                  <td class="figure" data-name=${t('insight.passages')}>${number(one.passages)}</td>
                  <td class="figure" data-name=${t('insight.unreadable.share')}>${percent(one.unreadable / one.passages)}</td>
                  <td class="figure" data-name=${t('insight.score')}>${one.passages > one.unreadable ? number(one.scores / (one.passages - one.unreadable), { minimumFractionDigits: 2, maximumFractionDigits: 2 }) : '–'}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </section>`;
}
