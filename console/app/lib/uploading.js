// Files on their way to the storage: one after another, whatever page is looked at, and again after a lost connection.

import { Problem } from '../api/client.js';
import { completeUpload, createUpload } from '../api/operations.js';
import { createStore } from './store.js';

/**
 * @typedef {object} Sending
 * @property {string} key names it towards the API, too: a repeated request gets the same upload and a new form
 * @property {File} file
 * @property {string} camera
 * @property {string} at RFC 3339
 * @property {'waiting' | 'sending' | 'lost' | 'sent' | 'failed'} state `lost`: it goes on by itself
 * @property {number} share of it that has been sent, from 0 to 1
 * @property {unknown} problem
 */

/** @type {import('./store.js').Store<Sending[]>} */
export const sendings = createStore(/** @type {Sending[]} */ ([]));

const TRIES = 8;
const LONGEST_WAIT_MS = 15_000;
// A connection on which nothing moves for so long is lost, whatever the browser thinks of it.
const STALLED_MS = 60_000;

// Browsers do not know some containers that cameras write.
/** @type {Record<string, string>} */
const TYPES = {
  avi: 'video/x-msvideo',
  h264: 'video/h264',
  m4v: 'video/x-m4v',
  mkv: 'video/x-matroska',
  mov: 'video/quicktime',
  mp4: 'video/mp4',
  mpg: 'video/mpeg',
  ts: 'video/mp2t',
  webm: 'video/webm',
};

let running = false;

/**
 * Send files, after those that are on their way.
 *
 * @param {{ file: File, at: string }[]} files
 * @param {string} camera
 */
export function sendFiles(files, camera) {
  const added = files.map(({ file, at }) => ({
    key: crypto.randomUUID(),
    file,
    camera,
    at,
    state: /** @type {const} */ ('waiting'),
    share: 0,
    problem: null,
  }));
  sendings.update(now => [...now, ...added]);
  sendWaiting();
}

/** @param {string} key */
export function sendAgain(key) {
  change(key, { state: 'waiting', problem: null, share: 0 });
  sendWaiting();
}

/** Put away one that is not on its way. @param {string} key */
export const putAway = key => sendings.update(now => now.filter(one => one.key !== key));

/** @param {string} key @param {Partial<Sending>} what */
const change = (key, what) =>
  sendings.update(now => now.map(one => (one.key === key ? { ...one, ...what } : one)));

/** A tab that is closed gives up what it sends, so the browser asks first. @param {Event} event */
const keep = event => event.preventDefault();

async function sendWaiting() {
  if (running) return;
  running = true;
  addEventListener('beforeunload', keep);
  for (;;) {
    const next = sendings.get().find(one => one.state === 'waiting');
    if (!next) break;
    try {
      await sendOne(next);
      change(next.key, { state: 'sent', share: 1 });
    } catch (problem) {
      change(next.key, { state: 'failed', problem });
    }
  }
  removeEventListener('beforeunload', keep);
  running = false;
}

/** @param {Sending} sending */
async function sendOne(sending) {
  for (let tried = 1; ; tried += 1) {
    try {
      await attempt(sending);
      return;
    } catch (problem) {
      if (!isPassing(problem) || tried === TRIES) throw problem;
      change(sending.key, { state: 'lost', problem });
      await pause(Math.min(LONGEST_WAIT_MS, 1000 * 2 ** tried));
    }
  }
}

/** @param {Sending} sending */
async function attempt({ key, file, camera, at }) {
  const upload = await createUpload(
    {
      body: {
        file_name: file.name,
        content_type: typeOf(file),
        size_bytes: file.size,
        camera_id: camera,
        captured_at: at,
      },
    },
    { headers: { 'idempotency-key': key } },
  );
  change(key, { state: 'sending', share: 0, problem: null });
  // Without a form the file has come: what was lost was the answer.
  if (upload.form) await transfer(upload.form, file, share => change(key, { share }));
  await completeUpload({ upload_id: upload.id });
}

/** @param {File} file */
function typeOf(file) {
  const ending = file.name.split('.').at(-1)?.toLowerCase() ?? '';
  const type = file.type || TYPES[ending] || 'application/octet-stream';
  return /** @type {string} */ (type.split(';')[0]).trim().toLowerCase();
}

/** Whether it is worth trying again. @param {unknown} problem */
const isPassing = problem =>
  problem instanceof Problem && ['offline', 'timeout', 'unavailable', 'limited'].includes(problem.kind);

/**
 * Send a file to the storage. `fetch` tells nothing of how far it is, so it is the older way.
 *
 * @param {import('../api/schema.d.ts').UploadForm} form
 * @param {File} file
 * @param {(share: number) => void} onProgress
 * @returns {Promise<void>}
 * @throws {Problem} `offline` for a lost connection, `unavailable` for a storage that is not there or a form that is
 *   too old, `broken` for a storage that refuses the file
 */
function transfer(form, file, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let stalled;
    const moves = () => {
      clearTimeout(stalled);
      stalled = setTimeout(() => request.abort(), STALLED_MS);
    };
    const end = (/** @type {Problem | undefined} */ problem) => {
      clearTimeout(stalled);
      if (problem) reject(problem);
      else resolve();
    };
    request.upload.onprogress = event => {
      moves();
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    };
    request.onload = () => {
      const { status } = request;
      if (status < 300) end(undefined);
      else if (status >= 500 || Date.parse(form.expires_at) < Date.now())
        end(new Problem({ kind: 'unavailable', status }));
      else end(new Problem({ kind: 'broken', status, detail: reasonIn(request.responseText) }));
    };
    request.onerror = () => end(new Problem({ kind: 'offline' }));
    request.onabort = () => end(new Problem({ kind: 'timeout' }));
    request.open(form.method, form.url);
    for (const [name, value] of Object.entries(form.headers)) request.setRequestHeader(name, value);
    moves();
    request.send(form.method === 'PUT' ? file : bodyOf(form, file));
  });
}

/** The storage takes no field that comes after the file. @param {import('../api/schema.d.ts').UploadForm} form @param {File} file */
function bodyOf(form, file) {
  const body = new FormData();
  for (const [name, value] of Object.entries(form.fields)) body.append(name, value);
  body.append('file', file);
  return body;
}

/** The storage's own words, which are XML. @param {string} answer */
const reasonIn = answer => /<Message>([^<]*)<\/Message>/.exec(answer)?.[1] ?? '';

/** A while, or until the connection is back. @param {number} ms */
const pause = ms =>
  /** @type {Promise<void>} */ (
    new Promise(resolve => {
      const go = () => {
        clearTimeout(clock);
        removeEventListener('online', go);
        resolve();
      };
      const clock = setTimeout(go, ms);
      addEventListener('online', go);
    })
  );
