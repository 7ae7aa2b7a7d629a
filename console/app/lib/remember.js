// Small choices that outlive the page: theme, language, sound; and what ends with the tab. Never a token.

import { createStore } from './store.js';

const PREFIX = 'anpr.';

/**
 * @template {string | boolean | number} T
 * @param {string} name
 * @param {T} fallback
 * @param {Storage} [place] `sessionStorage` for what ends with the tab
 * @returns {import('./store.js').Store<T extends string ? string : T extends boolean ? boolean : number>}
 */
export function remembered(name, fallback, place = localStorage) {
  /** @type {any} */
  let value = fallback;
  try {
    const kept = place.getItem(PREFIX + name);
    const parsed = kept === null ? fallback : JSON.parse(kept);
    if (typeof parsed === typeof fallback) value = parsed;
  } catch {
    // A browser that keeps nothing, or something else's content: the page works with what it is given.
  }
  const store = createStore(value);
  store.listen(next => {
    try {
      place.setItem(PREFIX + name, JSON.stringify(next));
    } catch {
      // As above.
    }
  });
  return store;
}
