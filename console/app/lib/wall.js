// What the clock on the wall says at a camera: days and hours there, whatever the browser's own are.

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/** @param {string} zone */
function formatOf(zone) {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-u-ca-gregory', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    });
    formats.set(zone, format);
  }
  return format;
}

/**
 * What the clock in a zone says at a time, as if it were UTC: something to sort, to compare and to draw by.
 *
 * @param {string | number | Date} at
 * @param {string} zone as IANA names it
 * @returns {number} milliseconds
 */
export function wallOf(at, zone) {
  /** @type {Record<string, number>} */
  const parts = {};
  for (const { type, value } of formatOf(zone).formatToParts(new Date(at))) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute);
}

/**
 * The first instant of a day in a zone.
 *
 * @param {string} day such as `2026-03-29`
 * @param {string} zone
 * @returns {Date}
 */
export function beginOf(day, zone) {
  const wanted = Date.parse(`${day}T00:00:00Z`);
  // The offset there is known for an instant, not for a day: the second look is by the first's.
  let at = wanted - (wallOf(wanted, zone) - wanted);
  at = wanted - (wallOf(at, zone) - at);
  return new Date(at);
}

/** The day on the wall, as a field for a day wants it. @param {number} wall */
export const dayOf = wall => new Date(wall).toISOString().slice(0, 10);

export const DAY_MS = 86_400_000;
