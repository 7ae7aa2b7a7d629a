import { locale } from '../lib/i18n.js';

/** @typedef {'hour' | 'date' | 'datetime' | 'tick' | 'hour-of-day'} Style */

/** @type {Record<Style, Intl.DateTimeFormatOptions>} */
const STYLES = {
  hour: { hour: '2-digit', minute: '2-digit' },
  'hour-of-day': { hour: '2-digit' },
  date: { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' },
  datetime: { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' },
  tick: { day: 'numeric', month: 'short' },
};

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/**
 * What the clock on the wall says, as text.
 * @param {number} wall as `wallOf` gives it
 * @param {Style} style a `tick` tells the hour instead where it is not midnight
 */
export function wallText(wall, style) {
  const shown = style === 'tick' && wall % 86_400_000 !== 0 ? 'hour' : style;
  const key = `${locale()} ${shown}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat(locale(), { ...STYLES[shown], hourCycle: 'h23', timeZone: 'UTC' });
    formats.set(key, format);
  }
  return format.format(wall);
}
