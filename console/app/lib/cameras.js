// The cameras that the reader may see, asked for once: their names and zones are needed on most pages.

import { useEffect } from 'preact/hooks';
import { all } from '../api/client.js';
import { listCameras } from '../api/operations.js';
import { createStore, useStore } from './store.js';

/** @typedef {import('../api/schema.d.ts').CameraOut} Camera */

/** @type {import('./store.js').Store<Map<string, Camera>>} */
const cameras = createStore(new Map());
/** @type {Promise<void> | null} */
let asked = null;

/** Ask for them again: after one was made or changed, or a passage of an unknown one came. */
export function refreshCameras() {
  asked = all(
    page => /** @type {Promise<import('../api/schema.d.ts').CameraPage>} */ (listCameras(page)),
  ).then(
    found => cameras.set(new Map(found.map(camera => [camera.id, camera]))),
    () => {
      // Names are a nicety: pages that need the cameras themselves ask, and say what is wrong.
      asked = null;
    },
  );
  return asked;
}

/** Resolves when they have come, or cannot be had. */
export const camerasAsked = () => asked ?? refreshCameras();

/** @returns {Map<string, Camera>} by id; empty until they have come */
export function useCameras() {
  useEffect(() => {
    if (!asked) refreshCameras();
  }, []);
  return useStore(cameras);
}

const SILENT_MS = 5 * 60_000;

/**
 * Whether a camera's live stream should bring pictures and does not, as administrators are told by notices: five minutes long.
 * @param {Camera} camera
 */
export function isSilent({ active, stream }) {
  if (!active || !stream) return false;
  if (!stream.last_frame_at) return stream.state === 'lost' || stream.state === 'waiting';
  return Date.now() - Date.parse(stream.last_frame_at) > SILENT_MS;
}
