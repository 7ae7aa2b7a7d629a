// What a search found, as a table for a spreadsheet.

import { all } from '../api/client.js';
import { findEvents } from '../api/operations.js';
import { toast, toastProblem } from '../components/toast.js';
import { csv, save } from '../lib/csv.js';
import { t } from '../lib/i18n.js';

/** @typedef {import('../api/schema.d.ts').EventOut} Passage */

const MOST = 10_000;
const COLUMNS = /** @type {const} */ ([
  'id',
  'captured_at',
  'camera_id',
  'effective_plate',
  'plate',
  'effective_region',
  'known_as',
  'score',
  'review_status',
  'reviewed_plate',
  'upload_id',
]);

/**
 * Save all that a search finds, also what was not scrolled to yet.
 *
 * @param {import('../api/schema.d.ts').FindEventsArgs} args
 */
export async function exportShown(args) {
  try {
    const passages = await all(page => findEvents({ ...args, ...page }), MOST);
    const rows = passages.map(one =>
      COLUMNS.map(name => (name === 'known_as' ? (one.known_as?.name ?? '') : one[name])),
    );
    save(`passages-${new Date().toISOString().slice(0, 10)}.csv`, csv([...COLUMNS], rows));
    toast(t('search.saved', { count: passages.length }), { kind: 'good' });
  } catch (problem) {
    toastProblem(problem);
  }
}
