// Figures: how much passed and how much of it was read, how far people and machine agree, what was used of the licence.

import { Button, Choice } from '../components/button.js';
import { Field } from '../components/field.js';
import { CameraPicker } from '../components/picker.js';
import { useCameras } from '../lib/cameras.js';
import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { changeQuery, useRoute } from '../lib/router.js';
import { may } from '../lib/session.js';
import { beginOf, DAY_MS, dayOf, wallOf } from '../lib/wall.js';
import { AgreementPart } from './insight/agreement.js';
import { TrafficPart } from './insight/traffic.js';
import { UsagePart } from './insight/usage.js';

/**
 * What is looked at.
 * @typedef {object} Period
 * @property {string} from first day
 * @property {string} to last day
 * @property {string} begin when the first begins, as RFC 3339
 * @property {string} end when the last is over
 * @property {string} zone in which days are meant
 * @property {'hour' | 'day'} step
 * @property {string[]} cameras none are all
 */

const DEFAULT_DAYS = 7;
const MOST_HOURLY_DAYS = 31;
const PRESETS = [1, 7, 30, 90];

export default function Insight() {
  const period = usePeriod();
  return html`
    <header class="page-head"><h1>${t('insight.title')}</h1></header>
    <${Filters} period=${period} />
    <${TrafficPart} period=${period} />
    ${may('reviewer') && html`<${AgreementPart} period=${period} />`}
    <${UsagePart} period=${period} />`;
}

/** @returns {Period} as the address has it; the last week where it says nothing */
function usePeriod() {
  const { query } = useRoute();
  const cameras = query.getAll('camera');
  const zone = useZone(cameras);
  const today = dayOf(wallOf(new Date(), zone));
  const to = dayIn(query.get('to')) ?? today;
  const from = dayIn(query.get('from')) ?? dayBefore(to, DEFAULT_DAYS - 1);
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  const step = query.get('step') === 'day' || days > MOST_HOURLY_DAYS ? 'day' : 'hour';
  const begin = beginOf(from, zone).toISOString();
  const end = beginOf(dayBefore(to, -1), zone).toISOString();
  return { from, to, begin, end, zone, step, cameras };
}

/** The zone that all cameras that are looked at are in; the browser's where they are in several. @param {string[]} ids */
function useZone(ids) {
  const cameras = useCameras();
  const looked = ids.length ? ids.flatMap(id => cameras.get(id) ?? []) : [...cameras.values()];
  const [zone, ...others] = new Set(looked.map(camera => camera.time_zone));
  return zone && others.length === 0 ? zone : Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** A day, if it is one. @param {string | null} text */
const dayIn = text =>
  text && /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : null;

/** @param {string} day @param {number} count */
const dayBefore = (day, count) => dayOf(Date.parse(day) - count * DAY_MS);

/** @param {{ period: Period }} props */
function Filters({ period }) {
  const days = (Date.parse(period.to) - Date.parse(period.from)) / DAY_MS + 1;
  const today = dayOf(wallOf(new Date(), period.zone));
  const preset = period.to === today && PRESETS.includes(days) ? String(days) : '';
  const change = (/** @type {string} */ name) => (/** @type {any} */ event) =>
    changeQuery({ [name]: event.currentTarget.value || null }, { replace: true });
  return html`
    <div class="card insight-filters">
      <${Choice} label=${t('insight.period')} value=${preset} options=${PRESETS.map(value => ({ value: String(value), text: value })).map(({ value, text }) => ({ value, label: t('wanted.days', { count: text }) }))}
        onChange=${(/** @type {string} */ value) => changeQuery({ from: dayBefore(today, Number(value) - 1), to: null }, { replace: true })} />
      <${Field} label=${t('insight.from')} type="date" value=${period.from} max=${period.to} onChange=${change('from')} />
      <${Field} label=${t('insight.to')} type="date" value=${period.to} min=${period.from} onChange=${change('to')} />
      <${Choice} label=${t('insight.step')} value=${period.step} onChange=${(/** @type {string} */ step) => changeQuery({ step }, { replace: true })}
        options=${[
          ...(days > MOST_HOURLY_DAYS ? [] : [{ value: 'hour', label: t('insight.by.hour') }]),
          { value: 'day', label: t('insight.by.day') },
        ]} />
      <${CameraPicker} chosen=${period.cameras} onChange=${(/** @type {string[]} */ camera) => changeQuery({ camera }, { replace: true })} />
      <p class="hint">${t('insight.zone', { zone: period.zone })}</p>
      <${Button} kind="quiet" icon="close" onClick=${() => changeQuery({ from: null, to: null, step: null, camera: null })}>${t('search.clear')}<//>
    </div>`;
}
