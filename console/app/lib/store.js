// A value that components look at: they are drawn again when it changes.

import { useEffect, useState } from 'preact/hooks';

/**
 * @template T
 * @typedef {object} Store
 * @property {() => T} get
 * @property {(value: T) => void} set
 * @property {(change: (value: T) => T) => void} update
 * @property {(listener: (value: T) => void) => () => void} listen returns what ends it
 */

/**
 * @template T
 * @param {T} value
 * @returns {Store<T>}
 */
export function createStore(value) {
  /** @type {Set<(value: T) => void>} */
  const listeners = new Set();
  /** @param {T} next */
  const set = next => {
    if (Object.is(next, value)) return;
    value = next;
    for (const listener of [...listeners]) listener(value);
  };
  return {
    get: () => value,
    set,
    update: change => set(change(value)),
    listen: listener => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/**
 * @template T
 * @param {Store<T>} store
 * @returns {T}
 */
export function useStore(store) {
  const [value, setValue] = useState(store.get());
  useEffect(() => {
    setValue(() => store.get());
    return store.listen(next => setValue(() => next));
  }, [store]);
  return value;
}
