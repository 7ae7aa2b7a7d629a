// The countries' outlines as a flat map needs them.

/** @typedef {[number, number]} Position */

/** As far south as a map of this projection goes. */
const SOUTH = -85.06;

/**
 * The atlas is made for a globe: what lies on both sides of the 180th meridian jumps from one end of a flat map to the other, and
 * Antarctica has no end at all. Here each ring goes on past the meridian, and what goes round the pole is closed along the map's edge.
 *
 * @template {import('geojson').FeatureCollection} T
 * @param {T} countries is changed
 * @returns {T}
 */
export function flattened(countries) {
  for (const { geometry } of countries.features) {
    if (geometry.type === 'Polygon') geometry.coordinates = geometry.coordinates.map(unrolled);
    if (geometry.type === 'MultiPolygon')
      geometry.coordinates = geometry.coordinates.map(polygon => polygon.map(unrolled));
  }
  return countries;
}

/** @param {import('geojson').Position[]} ring @returns {Position[]} */
function unrolled(ring) {
  /** @type {Position[]} */
  const made = [];
  let turns = 0;
  for (const [east = 0, north = 0] of ring) {
    const before = made.at(-1);
    if (before) {
      const step = east + 360 * turns - before[0];
      if (step > 180) turns -= 1;
      if (step < -180) turns += 1;
    }
    made.push([east + 360 * turns, Math.max(SOUTH, north)]);
  }
  const [first, last] = [made[0], made.at(-1)];
  if (first && last && Math.abs(last[0] - first[0]) > 180)
    made.push([last[0], SOUTH], [first[0], SOUTH], first);
  return made;
}
