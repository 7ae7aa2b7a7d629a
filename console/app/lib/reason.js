// Why somebody searches for plates: asked once, remembered by this tab, and sent with each search, which is on record.

import { remembered } from './remember.js';
import { createStore } from './store.js';

export const reason = remembered('reason', '', sessionStorage);

/** @type {import('./store.js').Store<((given: string | null) => void) | null>} */
export const asking = createStore(/** @type {any} */ (null));

/**
 * The reason; asked for where nobody has said it yet.
 * @returns {Promise<string | null>} null if it was not said
 */
export function needReason() {
  if (reason.get()) return Promise.resolve(reason.get());
  return askReason();
}

/** Ask for it, or for another one. @returns {Promise<string | null>} */
export function askReason() {
  asking.get()?.(null);
  return new Promise(resolve => {
    asking.set(given => {
      asking.set(null);
      if (given) reason.set(given);
      resolve(given);
    });
  });
}
