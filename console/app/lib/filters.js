// A search's filters, as the address has them and as the API wants them.

/**
 * @typedef {object} Filters
 * @property {string} plate
 * @property {'' | 'fuzzy' | 'exact'} match
 * @property {string} edits
 * @property {string} from as RFC 3339, empty for any
 * @property {string} to
 * @property {string[]} camera
 * @property {string} score
 * @property {string} status
 * @property {string} region
 * @property {string} readable
 */

export const FILTERS = /** @type {const} */ ([
  'plate',
  'match',
  'edits',
  'from',
  'to',
  'camera',
  'score',
  'status',
  'region',
  'readable',
]);

/**
 * @param {URLSearchParams} query
 * @returns {Filters}
 */
export function filtersOf(query) {
  const one = (/** @type {string} */ name) => query.get(name) ?? '';
  const match = one('match');
  return {
    plate: one('plate'),
    match: match === 'fuzzy' || match === 'exact' ? match : '',
    edits: one('edits'),
    from: one('from'),
    to: one('to'),
    camera: query.getAll('camera'),
    score: one('score'),
    status: one('status'),
    region: one('region'),
    readable: one('readable'),
  };
}

/**
 * @param {Filters} filters
 * @param {string} reason
 * @returns {import('../api/schema.d.ts').FindEventsArgs}
 */
export function asQuery(filters, reason) {
  /** @type {import('../api/schema.d.ts').FindEventsArgs} */
  const args = {};
  if (filters.plate) {
    args.plate = filters.plate;
    args.reason = reason;
    if (filters.match) args.match = filters.match;
    if (filters.match === 'fuzzy' && filters.edits) args.max_edits = Number(filters.edits);
  }
  if (filters.from) args.captured_from = filters.from;
  if (filters.to) args.captured_to = filters.to;
  if (filters.camera.length) args.camera_id = filters.camera;
  if (filters.score) args.min_score = Number(filters.score);
  if (filters.status) args.review_status = /** @type {any} */ (filters.status);
  if (filters.region) args.region = filters.region;
  if (filters.readable) args.readable = filters.readable === 'yes';
  return args;
}

/** How many filters there are beside the plate. @param {Filters} filters */
export const furtherFilters = filters =>
  [filters.from, filters.to, filters.score, filters.status, filters.region, filters.readable].filter(Boolean)
    .length + (filters.camera.length ? 1 : 0);

/**
 * A time as a field for local time wants it.
 * @param {string} at RFC 3339, or empty
 */
export function localOf(at) {
  const time = Date.parse(at);
  if (Number.isNaN(time)) return '';
  const local = new Date(time - new Date(time).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** The other way round. @param {string} local */
export function utcOf(local) {
  const time = new Date(local);
  return Number.isNaN(time.getTime()) ? '' : time.toISOString();
}
