// Where one is, by the address's hash: `#/search?plate=B77*`. It needs nothing of the server, and every filter is in it.

import { createStore, useStore } from './store.js';

/**
 * @typedef {object} Route
 * @property {string} page first part of the path, such as `search`
 * @property {string[]} rest the parts after it
 * @property {URLSearchParams} query
 */

/** @returns {Route} */
function read() {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?', 2);
  const [page = '', ...rest] = path.split('/').filter(Boolean).map(decodeURIComponent);
  return { page, rest, query: new URLSearchParams(query) };
}

/** @type {import('./store.js').Store<Route>} */
const route = createStore(read());
addEventListener('hashchange', () => route.set(read()));

export const useRoute = () => useStore(route);
export const currentRoute = () => route.get();

/**
 * The address of a place.
 *
 * @param {string} path such as `search` or `wanted/lists/ID`
 * @param {URLSearchParams | Record<string, string | string[] | null | undefined>} [query] empty values are left out
 */
export function href(path, query = {}) {
  const parameters = query instanceof URLSearchParams ? query : new URLSearchParams();
  if (!(query instanceof URLSearchParams)) {
    for (const [name, value] of Object.entries(query)) {
      for (const one of [value].flat()) if (one) parameters.append(name, one);
    }
  }
  const text = parameters.toString();
  return `#/${path}${text ? `?${text}` : ''}`;
}

/**
 * Go somewhere.
 *
 * @param {string} path
 * @param {URLSearchParams | Record<string, string | string[] | null | undefined>} [query]
 * @param {{ replace?: boolean }} [how] `replace` leaves no step to come back to: for a filter that is being typed
 */
export function navigate(path, query, { replace = false } = {}) {
  const target = href(path, query);
  if (target === location.hash) return;
  if (replace) {
    history.replaceState(null, '', target);
    route.set(read());
  } else {
    location.hash = target;
  }
}

/**
 * Change some of the address's query and keep the rest.
 *
 * @param {Record<string, string | string[] | null | undefined>} changes null takes a parameter away
 * @param {{ replace?: boolean }} [how]
 */
export function changeQuery(changes, how) {
  const now = read();
  for (const [name, value] of Object.entries(changes)) {
    now.query.delete(name);
    for (const one of [value].flat()) if (one) now.query.append(name, one);
  }
  navigate([now.page, ...now.rest].map(encodeURIComponent).join('/'), now.query, how);
}
