// What every call of the API goes through: the token, time-outs, problems in words, and logins that expire meanwhile.

import { createStore } from '../lib/store.js';

/** Where the API is: the folder that the console's own folder is in. */
export const API = new URL('../', document.baseURI);

const TIMEOUT_MS = 30_000;
const SLOW_MS = 4_000;

/**
 * @typedef {object} Options
 * @property {AbortSignal} [signal] gives the call up
 * @property {Record<string, string>} [headers] further headers
 * @property {number} [timeoutMs]
 * @property {string | null} [etag] what the caller has; an unchanged answer is then `undefined`
 * @property {(response: Response) => void} [onResponse] sees the answer's headers
 */

/** How things stand between this page and the API, for the line at the top.
 * @type {import('../lib/store.js').Store<{ offline: boolean, slow: number }>}
 */
export const connection = createStore(
  /** @type {{ offline: boolean, slow: number }} */ ({ offline: false, slow: 0 }),
);

/**
 * What the API, or the way to it, has against a request; `kind` tells what face to show.
 */
export class Problem extends Error {
  /** @param {{ kind: string, status?: number, title?: string, detail?: string, errors?: FieldError[], retryAfter?: number, requestId?: string, document?: Record<string, any> }} what */
  constructor(what) {
    super(what.detail || what.title || what.kind);
    this.name = 'Problem';
    /** @type {string} `offline`, `timeout`, `unauthorized`, `forbidden`, `missing`, `conflict`, `invalid`, `limited`, `unavailable` or `broken` */
    this.kind = what.kind;
    this.status = what.status ?? 0;
    this.title = what.title ?? '';
    this.detail = what.detail ?? '';
    /** @type {FieldError[]} */
    this.errors = what.errors ?? [];
    this.retryAfter = what.retryAfter ?? 0;
    this.requestId = what.requestId ?? '';
    /** The answer's JSON, where it was some: not every one of them is a problem's. */
    this.document = what.document ?? {};
  }
}

/** @typedef {{ pointer: string, detail?: string }} FieldError */

const KINDS = /** @type {Record<number, string>} */ ({
  401: 'unauthorized',
  403: 'forbidden',
  404: 'missing',
  409: 'conflict',
  422: 'invalid',
  400: 'invalid',
  429: 'limited',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
  501: 'missing',
});

/**
 * Gives the access token, and gets another one when it is not good any more; set by `session.js`.
 * @type {{ token: () => string | null, renew: (stale: string | null) => Promise<boolean> }}
 */
const keeper = { token: () => null, renew: async () => false };

/** @param {typeof keeper} made */
export function useKeeper(made) {
  Object.assign(keeper, made);
}

/**
 * Call an operation of the API. What is generated from its description calls this.
 *
 * @param {string} method
 * @param {string} path with `{names}`
 * @param {object} args values of the path, of the query, and `body`
 * @param {string[]} query names of the query's parameters
 * @param {Options} [options]
 * @returns {Promise<any>} the answer's JSON, its text where it is none, undefined for an empty one
 * @throws {Problem}
 */
export async function call(method, path, args, query, options = {}) {
  const given = /** @type {Record<string, unknown>} */ (args);
  const url = new URL(
    path.slice(1).replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(given[name]))),
    API,
  );
  for (const name of query) {
    for (const value of [given[name]].flat()) {
      if (value !== undefined && value !== null && value !== '') url.searchParams.append(name, String(value));
    }
  }
  const token = keeper.token();
  let response = await send(method, url, given.body, token, options);
  // Whatever was asked is asked again once somebody is logged in again: nothing that was typed is lost.
  if (response.status === 401 && (await keeper.renew(token))) {
    response = await send(method, url, given.body, keeper.token(), options);
  }
  options.onResponse?.(response);
  if (response.status === 304) return undefined;
  if (!response.ok) throw await problemOf(response);
  return content(response);
}

/**
 * @param {string} method
 * @param {URL} url
 * @param {unknown} body
 * @param {string | null} token
 * @param {Options} options
 */
async function send(method, url, body, token, options) {
  /** @type {Record<string, string>} */
  const headers = { accept: 'application/json', ...options.headers };
  if (token) headers.authorization = `Bearer ${token}`;
  if (options.etag) headers['if-none-match'] = options.etag;
  // A text or a file goes as it is, all else as JSON.
  const asIs = typeof body === 'string' || body instanceof Blob;
  if (body !== undefined && !headers['content-type']) {
    headers['content-type'] = asIs ? (body instanceof Blob && body.type) || 'text/plain' : 'application/json';
  }
  const late = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS);
  const signal = options.signal ? AbortSignal.any([options.signal, late]) : late;
  let slow = false;
  const clock = setTimeout(() => {
    slow = true;
    connection.update(now => ({ ...now, slow: now.slow + 1 }));
  }, SLOW_MS);
  try {
    const sent = asIs ? body : JSON.stringify(body);
    const response = await fetch(url, {
      method,
      headers,
      body: body === undefined ? undefined : /** @type {string | Blob} */ (sent),
      signal,
      cache: 'no-store',
      credentials: 'same-origin',
    });
    if (connection.get().offline) connection.update(now => ({ ...now, offline: false }));
    return response;
  } catch (error) {
    if (options.signal?.aborted) throw error;
    if (late.aborted) throw new Problem({ kind: 'timeout' });
    connection.update(now => ({ ...now, offline: true }));
    throw new Problem({ kind: 'offline' });
  } finally {
    clearTimeout(clock);
    if (slow) connection.update(now => ({ ...now, slow: now.slow - 1 }));
  }
}

/** @param {Response} response */
async function content(response) {
  if (response.status === 204) return undefined;
  const type = response.headers.get('content-type') ?? '';
  return type.includes('json') ? response.json() : response.text();
}

/**
 * @param {Response} response
 * @returns {Promise<Problem>}
 */
export async function problemOf(response) {
  /** @type {Record<string, any>} */
  let document = {};
  try {
    document = await response.json();
  } catch {
    // Something between here and the API answered in a language of its own.
  }
  return new Problem({
    kind: KINDS[response.status] ?? 'broken',
    status: response.status,
    title: document.title,
    detail: document.detail,
    errors: document.errors,
    retryAfter: Number(response.headers.get('retry-after')) || 0,
    requestId: document.request_id ?? response.headers.get('x-request-id') ?? '',
    document,
  });
}

/**
 * The items of all pages of a list, up to a number: for lists that a person could read through, such as cameras.
 *
 * @template T
 * @param {(args: { cursor?: string, limit: number }) => Promise<{ items: T[], next_cursor: string | null }>} page
 * @param {number} [most]
 * @returns {Promise<T[]>}
 */
export async function all(page, most = 2000) {
  /** @type {T[]} */
  const items = [];
  /** @type {string | null} */
  let cursor = null;
  do {
    const found = /** @type {{ items: T[], next_cursor: string | null }} */ (
      await page({ limit: 200, ...(cursor ? { cursor } : {}) })
    );
    items.push(...found.items);
    cursor = found.next_cursor;
  } while (cursor && items.length < most);
  return items;
}
