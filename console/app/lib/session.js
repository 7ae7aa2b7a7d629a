// Who is logged in. The access token is in memory alone; the refresh token is in a cookie that no script can read.

import { API, Problem, problemOf, useKeeper } from '../api/client.js';
import { getOwnUser } from '../api/operations.js';
import { createStore, useStore } from './store.js';

/**
 * @typedef {object} Session
 * @property {'starting' | 'out' | 'in' | 'expired'} state `expired`: the page stays as it is, and asks for a login over it
 * @property {import('../api/schema.d.ts').UserOut | null} user
 */

/** @type {import('./store.js').Store<Session>} */
export const session = createStore(/** @type {Session} */ ({ state: 'starting', user: null }));
export const useSession = () => useStore(session);

const HEADERS = { 'x-anpr-session': '1', 'content-type': 'application/json' };
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

/**
 * @param {string} method
 * @param {unknown} [body]
 */
async function ask(method, body) {
  let response;
  try {
    response = await fetch(new URL('auth/session', API), {
      method,
      headers: HEADERS,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.timeout(30_000),
    });
  } catch {
    throw new Problem({ kind: 'offline' });
  }
  if (!response.ok) throw await problemOf(response);
  return response.status === 204 ? null : response.json();
}

/** Find out whether somebody is logged in still: by the cookie, which this page cannot see. */
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
  token = (await ask('POST', { email, password })).access_token;
  await enter();
  for (const go of waiting.splice(0)) go(true);
}

export async function logOut() {
  try {
    await ask('DELETE');
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
    try {
      token = (await ask('PUT'))?.access_token ?? null;
      return token !== null;
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return false;
      throw error;
    }
  };
  // A refresh token is good once: two tabs that use the same one would end the login. So one at a time, of all tabs.
  return 'locks' in navigator ? navigator.locks.request('anpr-refresh', renewal) : renewal();
}
