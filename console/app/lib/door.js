// Where people log in: at the API itself, or at the Auth of a Supabase project, which the page then names in its head.

import { API, Problem, problemOf } from '../api/client.js';

/**
 * @typedef {object} Door
 * @property {(email: string, password: string) => Promise<string>} enter gives the access token
 * @property {() => Promise<string | null>} renew gives a new one, or null where the login is over
 * @property {(token: string | null) => Promise<void>} leave
 */

const TIMEOUT_MS = 30_000;

/**
 * @param {URL} url
 * @param {RequestInit} options
 */
async function ask(url, options) {
  try {
    return await fetch(url, { cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS), ...options });
  } catch {
    throw new Problem({ kind: 'offline' });
  }
}

/** The API's own: the refresh token is in a cookie that no script can read.
 * @returns {Door}
 */
function ownDoor() {
  /**
   * @param {string} method
   * @param {unknown} [body]
   */
  const call = async (method, body) => {
    const response = await ask(new URL('auth/session', API), {
      method,
      headers: { 'x-anpr-session': '1', 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      credentials: 'same-origin',
    });
    if (!response.ok) throw await problemOf(response);
    return response.status === 204 ? null : response.json();
  };
  return {
    enter: async (email, password) => (await call('POST', { email, password })).access_token,
    renew: async () => {
      try {
        return (await call('PUT'))?.access_token ?? null;
      } catch (error) {
        if (error instanceof Problem && error.status === 401) return null;
        throw error;
      }
    },
    leave: async () => {
      await call('DELETE');
    },
  };
}

/**
 * A Supabase project's. No cookie of its comes to this site, and no token is put where another page's script could find
 * it: the refresh token is in memory, and ends with the page.
 *
 * @param {string} url
 * @param {string} key
 * @returns {Door}
 */
function projectDoor(url, key) {
  const headers = { apikey: key, 'content-type': 'application/json' };
  /** @type {string | null} */
  let refreshToken = null;
  /**
   * @param {string} grant
   * @param {object} body
   */
  const token = async (grant, body) => {
    const where = new URL(`${url}/token?grant_type=${grant}`);
    const response = await ask(where, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      credentials: 'omit',
    });
    /** @type {Record<string, any>} */
    const said = await response.json().catch(() => ({}));
    if (response.ok) {
      refreshToken = said.refresh_token ?? null;
      return said.access_token;
    }
    const status = response.status;
    const kind = status === 429 ? 'limited' : status >= 500 ? 'unavailable' : 'unauthorized';
    throw new Problem({
      kind,
      status,
      detail: kind === 'unauthorized' ? said.msg || said.error_description : '',
    });
  };
  return {
    enter: (email, password) => token('password', { email, password }),
    renew: async () => {
      if (refreshToken === null) return null;
      try {
        return await token('refresh_token', { refresh_token: refreshToken });
      } catch (error) {
        if (error instanceof Problem && error.kind === 'unauthorized') return null;
        throw error;
      }
    },
    leave: async access => {
      refreshToken = null;
      if (access === null) return;
      const where = new URL(`${url}/logout?scope=local`);
      await ask(where, {
        method: 'POST',
        headers: { ...headers, authorization: `Bearer ${access}` },
        credentials: 'omit',
      });
    },
  };
}

/** @param {string} name */
const told = name => document.querySelector(`meta[name="${name}"]`)?.getAttribute('content') ?? '';

/** @type {Door} */
export const door = told('auth-url') ? projectDoor(told('auth-url'), told('auth-key')) : ownDoor();
