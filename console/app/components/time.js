import { html } from '../lib/html.js';
import { locale } from '../lib/i18n.js';

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/** @type {Record<string, Intl.DateTimeFormatOptions>} */
const STYLES = {
  full: { dateStyle: 'medium', timeStyle: 'medium' },
  short: { day: '2-digit', month: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' },
  clock: { hour: '2-digit', minute: '2-digit', second: '2-digit' },
  date: { dateStyle: 'medium' },
};

/**
 * A time as text.
 *
 * @param {string | Date} at
 * @param {{ zone?: string | undefined, style?: keyof typeof STYLES }} [how] the zone of the camera; the browser's where none is given
 */
export function timeText(at, { zone, style = 'full' } = {}) {
  const key = `${locale()} ${zone} ${style}`;
  let format = formats.get(key);
  if (!format) {
    // Hours up to 24 wherever one is: whoever compares times should not have to look for AM and PM.
    format = new Intl.DateTimeFormat(locale(), {
      hourCycle: 'h23',
      ...STYLES[style],
      ...(zone ? { timeZone: zone } : {}),
    });
    formats.set(key, format);
  }
  return format.format(new Date(at));
}

/** The same in UTC, to the second. @param {string | Date} at */
export const utcText = at => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/**
 * A time in the zone of its camera, with UTC on hover.
 *
 * @param {{ at: string | null | undefined, zone?: string | undefined, style?: keyof typeof STYLES }} props
 */
export function Time({ at, zone, style = 'full' }) {
  if (!at) return html`<span>–</span>`;
  const title = zone ? `${utcText(at)} · ${zone}` : utcText(at);
  return html`<time dateTime=${at} title=${title}>${timeText(at, { zone, style })}</time>`;
}
