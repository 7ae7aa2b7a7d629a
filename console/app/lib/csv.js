// Tables for spreadsheets.

/**
 * A table as CSV (RFC 4180), with a mark at its start by which spreadsheets know UTF-8.
 *
 * A value that a spreadsheet would take for a formula gets an apostrophe before it: a plate is what somebody painted.
 *
 * @param {string[]} heading
 * @param {(string | number | boolean | null | undefined)[][]} rows
 */
export function csv(heading, rows) {
  /** @param {string | number | boolean | null | undefined} value */
  const cell = value => {
    const text = value === null || value === undefined ? '' : String(value);
    const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return `\ufeff${[heading, ...rows].map(row => row.map(cell).join(',')).join('\r\n')}\r\n`;
}

/**
 * @param {string} name of the file
 * @param {string} text
 * @param {string} [type]
 */
export function save(name, text, type = 'text/csv;charset=utf-8') {
  const url = URL.createObjectURL(new Blob([text], { type }));
  Object.assign(document.createElement('a'), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Have the browser fetch a file that is stored elsewhere. @param {string} url */
export function download(url) {
  Object.assign(document.createElement('a'), { href: url, download: '', rel: 'noreferrer' }).click();
}
