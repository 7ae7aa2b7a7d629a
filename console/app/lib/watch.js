// What comes in, watched as long as somebody is logged in: often where it is looked at, seldom elsewhere.

import { Problem } from '../api/client.js';
import { watchEvents } from '../api/operations.js';
import { remembered } from './remember.js';
import { session } from './session.js';
import { createStore } from './store.js';
import { unseen } from './title.js';

/** @typedef {import('../api/schema.d.ts').ArrivalOut} Arrival */

// A passage is to be seen within two seconds of its row. An answer that nothing has changed is a 304 without a body.
const LOOKED_AT_MS = 1200;
const ELSEWHERE_MS = 10_000;
const LONGEST_MS = 30_000;
const LIMIT = 60;

/**
 * @typedef {object} Watched
 * @property {Arrival[] | null} items null until the first answer
 * @property {unknown} problem of the last try
 * @property {Set<string>} fresh passages that came after the first answer
 */

/** @type {import('./store.js').Store<Watched>} */
export const watched = createStore(/** @type {Watched} */ ({ items: null, problem: null, fresh: new Set() }));

/** Ids of hits that somebody has looked at in this tab, one after another. */
const seen = remembered('seen-hits', '', sessionStorage);
export const sound = remembered('sound', false);

/** @type {string[]} */
let cameras = [];
let looking = false;
/** @type {string | null} */
let etag = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** @type {AbortController | null} */
let running = null;
let failures = 0;

/** Watch from now on, whenever somebody is logged in: hits are counted in the title whatever page is shown. */
export function startWatching() {
  session.listen(onSession);
  document.addEventListener('visibilitychange', () => {
    if (session.get().state === 'in') soon(0);
  });
  onSession(session.get());
}

/** @param {import('./session.js').Session} now */
function onSession({ state }) {
  if (state === 'in') restart();
  else stop();
  if (state === 'out') watched.set({ items: null, problem: null, fresh: new Set() });
}

/**
 * Say that it is looked at, and which cameras.
 * @param {string[]} chosen none is all
 * @returns {() => void} says that it is looked at no more
 */
export function look(chosen) {
  const others = chosen.join() !== cameras.join();
  cameras = chosen;
  looking = true;
  if (others) {
    watched.set({ items: null, problem: null, fresh: new Set() });
    restart();
  } else if (!running) soon(0);
  return () => {
    looking = false;
  };
}

export const tryAgain = () => soon(0);

/** Whether a hit waits to be looked at: it alerted somebody, and is not judged.
 * @param {import('../api/schema.d.ts').ArrivalHit} hit
 */
export const isNews = hit =>
  hit.alert && !hit.historical && hit.status === 'unverified' && !seen.get().includes(hit.id);

/** @param {Arrival[]} arrivals whose hits somebody has looked at */
export function markSeen(arrivals) {
  const ids = arrivals.flatMap(arrival => arrival.hits.map(hit => hit.id));
  // No more than the answers can hold: a tab may stay open for months.
  seen.set([...seen.get().split(' '), ...ids].slice(-5 * LIMIT).join(' '));
  watched.update(now => ({ ...now }));
  count();
}

function restart() {
  etag = null;
  soon(0);
}

function stop() {
  clearTimeout(timer);
  running?.abort();
  running = null;
}

/** @param {number} ms */
function soon(ms) {
  stop();
  timer = setTimeout(ask, ms);
}

async function ask() {
  const control = new AbortController();
  running = control;
  /** @type {string | null} */
  let tag = etag;
  let wait = looking && !document.hidden ? LOOKED_AT_MS : ELSEWHERE_MS;
  try {
    const found = await watchEvents(
      { limit: LIMIT, camera_id: cameras },
      {
        etag,
        signal: control.signal,
        onResponse: response => {
          tag = response.headers.get('etag');
        },
      },
    );
    if (control.signal.aborted) return;
    etag = tag;
    failures = 0;
    if (found) take(found.items);
    else if (watched.get().problem) watched.update(now => ({ ...now, problem: null }));
  } catch (problem) {
    if (control.signal.aborted) return;
    failures += 1;
    const asked = problem instanceof Problem ? 1000 * problem.retryAfter : 0;
    wait = Math.min(LONGEST_MS, Math.max(asked, wait * 2 ** Math.min(failures, 4)));
    watched.update(now => ({ ...now, problem }));
  }
  if (running !== control) return;
  running = null;
  timer = setTimeout(ask, wait);
}

/** @param {Arrival[]} items */
function take(items) {
  const before = watched.get();
  const known = new Set(before.items?.map(item => item.id));
  const fresh = new Set(before.items ? items.filter(item => !known.has(item.id)).map(item => item.id) : []);
  const ringing = items.some(
    item => item.hits.some(isNews) && (fresh.has(item.id) || !hadNews(before.items, item.id)),
  );
  watched.set({ items, problem: null, fresh });
  count();
  if (before.items && ringing) ring();
}

/** @param {Arrival[] | null} items @param {string} id */
const hadNews = (items, id) => items?.find(item => item.id === id)?.hits.some(isNews) ?? false;

function count() {
  unseen.set((watched.get().items ?? []).filter(item => item.hits.some(isNews)).length);
}

/** Two short tones; where the browser allows no sound before a click, there is none. */
function ring() {
  if (!sound.get()) return;
  try {
    const audio = new AudioContext();
    for (const [at, pitch] of /** @type {[number, number][]} */ ([
      [0, 880],
      [0.16, 1318],
    ])) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.15, audio.currentTime + at);
      volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + at + 0.14);
      tone.connect(volume).connect(audio.destination);
      tone.start(audio.currentTime + at);
      tone.stop(audio.currentTime + at + 0.15);
    }
    setTimeout(() => audio.close(), 600);
  } catch {
    // No sound card, or none allowed: the page shows the hit all the same.
  }
}
