// Cameras as places on the map.

import { isSilent } from '../lib/cameras.js';

/** @typedef {import('../api/schema.d.ts').CameraOut} Camera */
/** @typedef {import('./drawing.js').Place} Place */

/** How a camera does, as the map and the list beside it show it. @param {Camera} camera @returns {Place['state']} */
export const stateOf = camera => (isSilent(camera) ? 'silent' : camera.active ? 'on' : 'off');

/**
 * Those cameras of which somebody said where they are.
 * @param {Iterable<Camera>} cameras
 * @param {(camera: Camera) => { label?: string, chosen?: boolean }} [more]
 * @returns {Place[]}
 */
export function placesOf(cameras, more = () => ({})) {
  /** @type {Place[]} */
  const places = [];
  for (const camera of cameras) {
    const { id, name, latitude, longitude, heading } = camera;
    if (latitude === null || longitude === null) continue;
    places.push({ id, name, at: [longitude, latitude], heading, state: stateOf(camera), ...more(camera) });
  }
  return places;
}
