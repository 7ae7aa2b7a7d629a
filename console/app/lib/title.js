// The tab's title: how many hits nobody has looked at yet, and where one is.

import { createStore } from './store.js';

/** How many hits came that nobody has looked at. @type {import('./store.js').Store<number>} */
export const unseen = createStore(0);

let page = '';

function write() {
  const count = unseen.get();
  document.title = `${count > 0 ? `(${count}) ` : ''}${page ? `${page} · ` : ''}ANPR`;
}

unseen.listen(write);

/** @param {string} title */
export function setPageTitle(title) {
  page = title;
  write();
}
