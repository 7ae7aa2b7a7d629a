// A chart with its numbers as a table: who cannot see the one has the other, and may take it along as a file.

import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../components/button.js';
import { Loading, ProblemFace } from '../components/face.js';
import { Table } from '../components/table.js';
import { csv, save } from '../lib/csv.js';
import { html } from '../lib/html.js';
import { number, percent, t } from '../lib/i18n.js';
import { useResolvedTheme } from '../lib/theme.js';
import { wallText } from './axis.js';
import { loadCharts } from './library.js';

/**
 * @typedef {object} Series
 * @property {string} name
 * @property {(number | null)[]} values one for each of the chart's times; null where there is none
 *
 * @typedef {object} Column
 * @property {string} name
 * @property {(row: any) => any} show
 * @property {(row: any) => string | number | null} value for the file
 * @property {string} [class]
 */

const HEIGHT = 230;
const ALONE_MS = 3_600_000;
// A table that nobody could read through would only slow the page down; the file has all rows.
const SHOWN = 300;
const COLOURS = ['--accent', '--warn', '--good', '--bad', '--info', '--text-soft'];
const DASHES = [[], [8, 4], [2, 4], [10, 3, 2, 3], [4, 4], [1, 3]];
const SHARE_OF_SLOT = 0.82;
const WIDEST_BAR = 40;

/** As many as have a colour of their own. */
export const MOST_SERIES = COLOURS.length;

/**
 * @param {{
 *   title: string,
 *   times: number[],
 *   series: Series[],
 *   kind: 'bars' | 'lines',
 *   share?: boolean,
 *   time?: import('./axis.js').Style,
 *   about?: any,
 *   columns: Column[],
 *   rows: any[],
 *   file: string,
 * }} props `times` in milliseconds, as the wall's clock has them; bars stand before each other, the first behind; `share` for
 *   values from 0 to 1; `columns` and `rows` are the table of its numbers
 */
export function Chart({
  title,
  times,
  series,
  kind,
  share = false,
  time = 'date',
  about,
  columns,
  rows,
  file,
}) {
  const asFile = () =>
    save(
      `${file}.csv`,
      csv(
        columns.map(column => column.name),
        rows.map(row => columns.map(column => column.value(row))),
      ),
    );
  return html`
    <section class="card chart-card" aria-label=${title}>
      <header class="row"><h2 class="grow">${title}</h2><${Button} kind="quiet" icon="download" aria-label=${t('insight.csv.of', { title })} onClick=${asFile}>${t('insight.csv')}<//></header>
      ${about && html`<p class="hint">${about}</p>`}
      ${
        times.length > 0
          ? html`
            <${Drawing} title=${title} times=${times} series=${series} kind=${kind} share=${share} time=${time} />
            <details class="numbers"><summary>${t('insight.numbers')}</summary>
              <div class="numbers-frame" tabindex="0" role="group" aria-label=${title}>
                <${Table} caption=${title} columns=${columns} rows=${rows.slice(0, SHOWN)} rowKey=${(/** @type {any} */ row) => JSON.stringify(columns.map(column => column.value(row)))} />
              </div>
              ${rows.length > SHOWN && html`<p class="hint">${t('insight.numbers.first', { count: SHOWN })}</p>`}
            </details>`
          : html`<p class="hint">${t('insight.none')}</p>`
      }
    </section>`;
}

/** @param {{ title: string, times: number[], series: Series[], kind: 'bars' | 'lines', share: boolean, time: import('./axis.js').Style }} props */
function Drawing({ title, times, series, kind, share, time }) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [problem, setProblem] = useState(/** @type {unknown} */ (null));
  const [ready, setReady] = useState(false);
  const [tries, setTries] = useState(0);
  const [at, setAt] = useState(/** @type {number | null} */ (null));
  const theme = useResolvedTheme();
  const drawn = JSON.stringify([times, series]);
  useEffect(() => {
    const place = /** @type {HTMLDivElement} */ (box.current);
    /** @type {import('uplot') | null} */
    let chart = null;
    let current = true;
    const fit = new ResizeObserver(() => chart?.setSize({ width: place.clientWidth, height: HEIGHT }));
    setProblem(null);
    loadCharts().then(
      UPlot => {
        if (!current) return;
        const edge = edgeOf(times, kind);
        const options = optionsOf(UPlot, { series, kind, share, time, edge, width: place.clientWidth });
        options.hooks = { setCursor: [one => setAt(shownAt(one.cursor.idx, times))] };
        const data = withRoom(times, series);
        chart = new UPlot(options, /** @type {any} */ (data), place);
        fit.observe(place);
        setReady(true);
      },
      wrong => current && setProblem(wrong),
    );
    return () => {
      current = false;
      fit.disconnect();
      chart?.destroy();
    };
    // `drawn` says what is drawn
  }, [drawn, kind, share, time, theme, tries]);
  const value = (/** @type {number | null | undefined} */ one) =>
    one === null || one === undefined
      ? '–'
      : share
        ? percent(one)
        : number(one, { maximumFractionDigits: 1 });
  return html`
    <div class="chart" data-ready=${String(ready)}>
      ${problem ? html`<${ProblemFace} problem=${problem} retry=${() => setTries(tries + 1)} />` : null}
      ${!ready && !problem && html`<${Loading} />`}
      <div role="img" aria-label=${t('insight.chart', { title })} ref=${box}></div>
      <ul class="legend" aria-hidden="true">
        ${series.map(
          (one, index) => html`
            <li key=${one.name}><svg width="22" height="10"><line x1="1" x2="21" y1="5" y2="5" class=${`stroke-${index}`} stroke-dasharray=${kind === 'lines' ? DASHES[index]?.join(' ') : undefined} /></svg>${one.name}${at !== null && html`<strong>${value(one.values[at])}</strong>`}</li>`,
        )}
        <li class="when">${at === null || times[at] === undefined ? '' : wallText(/** @type {number} */ (times[at]), time)}</li>
      </ul>
    </div>`;
}

/**
 * @param {import('./library.js').UPlot} UPlot
 * @param {{ series: Series[], kind: 'bars' | 'lines', share: boolean, time: import('./axis.js').Style, edge: number, width: number }} what
 * @returns {import('uplot').Options}
 */
function optionsOf(UPlot, { series, kind, share, time, edge, width }) {
  const style = getComputedStyle(document.documentElement);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const axis = {
    stroke: colour('--text-soft'),
    font,
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  };
  const bars = UPlot.paths.bars?.({ size: [SHARE_OF_SLOT, WIDEST_BAR], radius: 0.12 });
  return {
    width,
    height: HEIGHT,
    // The times are what the clock on the wall says, so no zone is to be added to them.
    tzDate: at => UPlot.tzDate(new Date(at * 1000), 'Etc/UTC'),
    legend: { show: false },
    cursor: { drag: { x: false, y: false } },
    scales: {
      x: { time: true, range: (_chart, low, high) => [low - edge, high + edge] },
      y: { range: (_chart, _low, high) => [0, share ? 1 : Math.max(1, high * 1.08)] },
    },
    axes: [
      {
        ...axis,
        space: 70,
        values: (_chart, ticks) =>
          ticks.map(one => wallText(one * 1000, time === 'hour' ? 'hour-of-day' : 'tick')),
      },
      {
        ...axis,
        size: 56,
        incrs: share
          ? [0.1, 0.2, 0.25, 0.5]
          : [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000],
        values: (_chart, ticks) =>
          ticks.map(one => (share ? percent(one) : number(one, { notation: 'compact' }))),
      },
    ],
    series: [
      {},
      ...series.map((one, index) => ({
        label: one.name,
        stroke: colour(COLOURS[index] ?? '--text'),
        spanGaps: true,
        ...(kind === 'bars' && bars
          ? { fill: colour(COLOURS[index] ?? '--text'), width: 0, paths: bars, points: { show: false } }
          : { width: 2, dash: DASHES[index] ?? [], points: { show: true, size: 6 } }),
      })),
    ],
  };
}

/**
 * What is drawn. The library puts a time that is alone at the edge, so one without a value stands on either side of it.
 * @param {number[]} times in milliseconds
 * @param {Series[]} series
 * @returns {(number | null)[][]} times in seconds, and the series' values
 */
function withRoom(times, series) {
  const [first] = times;
  if (first === undefined || times.length > 1)
    return [times.map(one => one / 1000), ...series.map(one => one.values)];
  const seconds = [first - ALONE_MS, first, first + ALONE_MS].map(one => one / 1000);
  return [seconds, ...series.map(one => [null, one.values[0] ?? null, null])];
}

/** Which of the times the cursor is at, if it is at one. @param {number | null | undefined} index @param {number[]} times */
function shownAt(index, times) {
  if (index === null || index === undefined) return null;
  if (times.length > 1) return index;
  return index === 1 ? 0 : null;
}

/**
 * How far the chart goes on before its first time and after its last: half of a bar would be cut off otherwise.
 * @param {number[]} times in milliseconds
 * @param {'bars' | 'lines'} kind
 * @returns {number} seconds
 */
function edgeOf(times, kind) {
  const [first, second] = times;
  return kind === 'bars' && first !== undefined && second !== undefined ? (second - first) / 2000 : 0;
}
