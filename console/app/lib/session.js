// Who is logged in. The access token is in memory alone; where the refresh token is, the door knows.

import { useKeeper } from '../api/client.js';
import { getOwnUser } from '../api/operations.js';
import { door } from './door.js';
import { createStore, useStore } from './store.js';

/**
 * @typedef {object} Session
 * @property {'starting' | 'out' | 'in' | 'expired'} state `expired`: the page stays as it is, and asks for a login over it
 * @property {import('../api/schema.d.ts').UserOut | null} user
 */

/** @type {import('./store.js').Store<Session>} */
export const session = createStore(/** @type {Session} */ ({ state: 'starting', user: null }));
export const useSession = () => useStore(session);

const RANKS = ['viewer', 'reviewer', 'admin'];
const NEWS = 'anpr-session';

/** @type {string | null} */
let token = null;
/** @type {((again: boolean) => void)[]} */
const waiting = [];
/** @type {Promise<boolean> | null} */
let renewing = null;

// Other tabs of the same browser share the cookie, so a logout in one is a logout in all.
const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel(NEWS) : null;
channel?.addEventListener('message', event => {
  if (event.data === 'out') leave();
});

useKeeper({ token: () => token, renew });

/** Find out whether somebody is logged in still. */
export async function restore() {
  try {
    if (await refresh()) await enter();
    else session.set({ state: 'out', user: null });
  } catch {
    // The login page says what is wrong when somebody tries.
    session.set({ state: 'out', user: null });
  }
}

/**
 * @param {string} email
 * @param {string} password
 * @throws {Problem}
 */
export async function logIn(email, password) {
  token = await door.enter(email, password);
  await enter();
  for (const go of waiting.splice(0)) go(true);
}

export async function logOut() {
  try {
    await door.leave(token);
  } finally {
    channel?.postMessage('out');
    leave();
  }
}

/** @param {string} least */
export function may(least) {
  const role = session.get().user?.role;
  return role !== undefined && RANKS.indexOf(role) >= RANKS.indexOf(least);
}

async function enter() {
  const before = session.get().user;
  const user = await getOwnUser();
  session.set({ state: 'in', user });
  // Somebody else's page is not for who has logged in now.
  if (before && before.id !== user.id) location.reload();
}

function leave() {
  token = null;
  for (const go of waiting.splice(0)) go(false);
  session.set({ state: 'out', user: null });
}

/**
 * Get a good token in place of one that was refused; if the login is over, wait until somebody is logged in again.
 *
 * @param {string | null} stale
 * @returns {Promise<boolean>} whether it is worth asking again
 */
async function renew(stale) {
  if (token !== stale) return token !== null;
  renewing ??= refresh().finally(() => {
    renewing = null;
  });
  if (await renewing) return true;
  if (session.get().state === 'starting' || session.get().state === 'out') return false;
  session.update(now => ({ ...now, state: 'expired' }));
  return new Promise(resolve => waiting.push(resolve));
}

/** @returns {Promise<boolean>} */
async function refresh() {
  const renewal = async () => {
    token = await door.renew();
    return token !== null;
  };
  // A refresh token is good once: two tabs that use the same one would end the login. So one at a time, of all tabs.
  return 'locks' in navigator ? navigator.locks.request('anpr-refresh', renewal) : renewal();
}
