// The review queue at hand: the next passages are fetched ahead, and answers are sent behind, so that nobody waits.
//
// An answer is kept in this browser until the API has it. A tab that closes loses none: the next one sends it.

import { Problem } from '../api/client.js';
import {
  askSecondOpinion,
  claimEvent,
  claimNext,
  giveVerdict,
  releaseEvent,
  undoVerdict,
} from '../api/operations.js';
import { session } from './session.js';
import { createStore } from './store.js';

/** @typedef {import('../api/schema.d.ts').ReviewOut} Review */
/** @typedef {import('../api/schema.d.ts').VerdictIn} Verdict */

/**
 * @typedef {object} Answer
 * @property {string} id of the event
 * @property {string} user whose answer it is: nobody else's login sends it
 * @property {Verdict | null} verdict null asks for a second opinion
 * @property {number} at when it was given: the oldest is sent first
 */

/**
 * @typedef {object} Reviewing
 * @property {Review[]} items the first is shown
 * @property {boolean} loading
 * @property {unknown} problem of the last attempt to get more
 * @property {number} waiting answers that the API does not have yet
 * @property {number} done answers given since the page was opened
 * @property {{ item: Review, answer: Answer } | null} last what can be taken back
 * @property {{ item: Review | null, text: string } | null} refused the last answer that the API refused for good
 */

const AHEAD = 10;
const FEW = 5;
const KEPT = 'anpr.review.answer.';
const RENEW_MS = 60_000;
const RENEW_BEFORE_MS = 4 * 60_000;
const LONGEST_MS = 30_000;
const AT_ONCE = 4;
// What waiting makes good: the API, or the way to it, is away for a moment.
const PASSING = new Set(['offline', 'timeout', 'unavailable', 'limited', 'broken', 'unauthorized']);

/** @type {import('./store.js').Store<Reviewing>} */
export const reviewing = createStore(
  /** @type {Reviewing} */ ({
    items: [],
    loading: false,
    problem: null,
    waiting: 0,
    done: 0,
    last: null,
    refused: null,
  }),
);

/** @type {string[]} */
let cameras = [];
let open = false;
let exhausted = false;
/** Events whose answers are under way to the API. @type {Set<string>} */
const inFlight = new Set();
let failures = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let again;
/** @type {ReturnType<typeof setInterval> | undefined} */
let renewal;
/** Pictures that were fetched ahead; the browser keeps them as long as they are referred to. @type {Map<string, HTMLImageElement>} */
const pictures = new Map();
/** Answers of this tab that the API does not have yet; a browser that keeps nothing has them here alone. @type {Map<string, Answer>} */
const unsent = new Map();
/** The verdicts that became of answers, by event. @type {Map<string, string>} */
const verdicts = new Map();

/**
 * Work on the queue, until the function that is returned is called.
 *
 * @param {string[]} ids cameras; none are all
 * @returns {() => void}
 */
export function review(ids) {
  cameras = ids;
  open = true;
  exhausted = false;
  reviewing.set({
    items: [],
    loading: false,
    problem: null,
    waiting: kept().length,
    done: 0,
    last: null,
    refused: null,
  });
  fill();
  send();
  renewal = setInterval(renew, RENEW_MS);
  return () => {
    open = false;
    clearInterval(renewal);
    const left = reviewing.get().items;
    reviewing.update(now => ({ ...now, items: [] }));
    pictures.clear();
    // Others need not wait for the leases to run out.
    for (const item of left) releaseEvent({ event_id: item.event.id }).catch(() => {});
  };
}

/** Get more, if there are few left. */
export async function fill() {
  const now = reviewing.get();
  if (now.loading || !open || now.items.length >= FEW) return;
  reviewing.update(state => ({ ...state, loading: true, problem: null }));
  try {
    const { items } = await claimNext({ body: { count: AHEAD, camera_ids: cameras } });
    const answered = new Set(kept().map(answer => answer.id));
    const known = new Set(reviewing.get().items.map(item => item.event.id));
    const fresh = items.filter(item => !known.has(item.event.id) && !answered.has(item.event.id));
    exhausted = fresh.length === 0;
    for (const item of fresh) fetchPictures(item);
    reviewing.update(state => ({ ...state, items: [...state.items, ...fresh], loading: false }));
  } catch (problem) {
    // A hand that is quicker than the API holds as many passages as one may, all of them answered: the next come as soon
    // as an answer has arrived.
    const held = problem instanceof Problem && problem.status === 409 && kept().length > 0;
    reviewing.update(state => ({ ...state, loading: false, problem: held ? null : problem }));
  }
}

/** @param {Review} item */
function fetchPictures(item) {
  for (const url of [item.event.crop_url, item.event.frame_url]) {
    if (!url || pictures.has(url)) continue;
    const picture = new Image();
    picture.referrerPolicy = 'no-referrer';
    picture.src = url;
    picture.decode?.().catch(() => {});
    pictures.set(url, picture);
  }
}

/**
 * Answer the passage that is shown, and go on to the next at once.
 *
 * @param {Verdict | null} verdict null asks for a second opinion
 */
export function answer(verdict) {
  const [item, ...rest] = reviewing.get().items;
  if (!item) return;
  const given = { id: item.event.id, user: session.get().user?.id ?? '', verdict, at: Date.now() };
  keep(given);
  reviewing.update(now => ({
    ...now,
    items: rest,
    done: now.done + 1,
    waiting: kept().length,
    last: { item, answer: given },
    refused: null,
  }));
  for (const url of [item.event.crop_url, item.event.frame_url]) if (url) pictures.delete(url);
  send();
  if (!exhausted || rest.length === 0) fill();
}

/** Take back the last answer, whether it was sent or not, and show its passage again. */
export async function takeBack() {
  const last = reviewing.get().last;
  if (!last) return;
  reviewing.update(now => ({ ...now, last: null, done: Math.max(0, now.done - 1) }));
  const id = last.answer.id;
  try {
    // What is on its way arrives first, and is undone then.
    while (inFlight.has(id)) await new Promise(resolve => setTimeout(resolve, 50));
    const verdict = verdicts.get(id);
    if (kept().some(one => one.id === id)) forget(id);
    else if (verdict) await undoVerdict({ verdict_id: verdict });
    else return;
    await claimEvent({ event_id: last.item.event.id }).catch(() => {});
    reviewing.update(now => ({ ...now, items: [last.item, ...now.items], waiting: kept().length }));
  } catch (problem) {
    reviewing.update(now => ({ ...now, refused: { item: last.item, text: wordsOf(problem) } }));
  }
}

/** Send what waits, a few at a time; begun again by itself while the API is away. */
function send() {
  while (inFlight.size < AT_ONCE) {
    const next = mine();
    if (!next) return;
    inFlight.add(next.id);
    sendOne(next);
  }
}

/** @param {Answer} next */
async function sendOne(next) {
  try {
    const verdict = await deliver(next);
    if (verdict) verdicts.set(next.id, verdict);
    forget(next.id);
    failures = 0;
  } catch {
    failures += 1;
    clearTimeout(again);
    again = setTimeout(send, Math.min(LONGEST_MS, 1000 * 2 ** failures));
    return;
  } finally {
    inFlight.delete(next.id);
  }
  reviewing.update(now => ({ ...now, waiting: kept().length }));
  send();
  if (!exhausted) fill();
}

/** @returns {Answer | undefined} the next answer of who is logged in that is not under way */
const mine = () => kept().find(one => one.user === session.get().user?.id && !inFlight.has(one.id));

/**
 * @param {Answer} next
 * @returns {Promise<string | null>} the verdict's id
 * @throws what waiting makes good
 */
async function deliver(next) {
  try {
    if (next.verdict === null) {
      await askSecondOpinion({ event_id: next.id, body: {} });
      return null;
    }
    return (await giveVerdict({ event_id: next.id, body: next.verdict })).id;
  } catch (problem) {
    if (!(problem instanceof Problem) || PASSING.has(problem.kind)) throw problem;
    // Somebody else was quicker, or the passage is gone: said, and not asked again.
    const last = reviewing.get().last;
    const item = last?.answer.id === next.id ? last.item : null;
    reviewing.update(now => ({ ...now, refused: { item, text: wordsOf(problem) } }));
    return null;
  }
}

/** Keep the leases of what lies ready. */
async function renew() {
  const soon = Date.now() + RENEW_BEFORE_MS;
  for (const item of reviewing.get().items) {
    if (!item.claimed_until || Date.parse(item.claimed_until) > soon) continue;
    try {
      const claimed = await claimEvent({ event_id: item.event.id });
      item.claimed_until = claimed.claimed_until;
    } catch (problem) {
      if (!(problem instanceof Problem) || PASSING.has(problem.kind)) return;
      reviewing.update(now => ({ ...now, items: now.items.filter(one => one !== item) }));
    }
  }
}

/** All answers that the API does not have yet, of this tab and of others, the oldest first. @returns {Answer[]} */
function kept() {
  const found = new Map(unsent);
  try {
    for (const name of Object.keys(localStorage)) {
      if (!name.startsWith(KEPT)) continue;
      const answer = JSON.parse(localStorage.getItem(name) ?? 'null');
      if (answer?.id) found.set(answer.id, answer);
    }
  } catch {
    // A browser that keeps nothing, or something else's content.
  }
  return [...found.values()].sort((one, other) => one.at - other.at);
}

/** @param {Answer} answer */
function keep(answer) {
  unsent.set(answer.id, answer);
  try {
    localStorage.setItem(KEPT + answer.id, JSON.stringify(answer));
  } catch {
    // As above.
  }
}

/** @param {string} id */
function forget(id) {
  unsent.delete(id);
  try {
    localStorage.removeItem(KEPT + id);
  } catch {
    // As above.
  }
}

/** @param {unknown} problem */
const wordsOf = problem => (problem instanceof Error ? problem.message : String(problem));
