// Where a plate was seen, from camera to camera. The list beneath it says the same with times.

import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { CameraMap } from './map.js';
import { placesOf } from './places.js';

/** @typedef {import('../api/schema.d.ts').EventOut} Passage */
/** @typedef {import('../api/schema.d.ts').CameraOut} Camera */

/** @param {{ passages: Passage[], cameras: Map<string, Camera> }} props */
export function WayMap({ passages, cameras }) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const one of passages) counts.set(one.camera_id, (counts.get(one.camera_id) ?? 0) + 1);
  const seen = [...counts.keys()].flatMap(id => cameras.get(id) ?? []);
  const places = placesOf(seen, camera => ({ label: t('map.times', { count: counts.get(camera.id) ?? 0 }) }));
  const where = new Map(places.map(place => [place.id, place.at]));
  const inTime = [...passages].sort((one, other) => one.captured_at.localeCompare(other.captured_at));
  const way = inTime.flatMap(one => {
    const at = where.get(one.camera_id);
    return at ? [at] : [];
  });
  if (places.length === 0) return html`<p class="hint">${t('map.none.placed')}</p>`;
  return html`<div class="map-way"><${CameraMap} label=${t('passage.others.map.label')} places=${places} way=${way.length > 1 ? way : []} /></div>`;
}
