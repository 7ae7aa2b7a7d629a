// MapLibre and what the map is drawn on, loaded when a map is first shown: it weighs more than all else together.

import { html } from '../lib/html.js';
import { loadStyle } from '../lib/style.js';
import { flattened } from './outlines.js';

/** @typedef {typeof import('maplibre-gl')} MapLibre */
/** @typedef {import('maplibre-gl').StyleSpecification} Style */
/** @typedef {import('geojson').FeatureCollection} FeatureCollection */

const VENDOR = new URL('../../vendor/', import.meta.url);
const OUTLINES = 'outlines';

/** @type {Promise<MapLibre> | null} */
let library = null;
/** @type {Promise<FeatureCollection> | null} */
let outlines = null;

/** @returns {Promise<MapLibre>} */
export function loadLibrary() {
  library ??= Promise.all([
    import(new URL('maplibre-gl/dist/maplibre-gl.mjs', VENDOR).href),
    loadStyle(new URL('maplibre-gl/dist/maplibre-gl.css', VENDOR)),
    loadStyle('map.css'),
  ]).then(([module]) => module.default ?? module);
  // Whoever tries again gets another try.
  library.catch(() => {
    library = null;
  });
  return library;
}

/** The countries, as the console brings them: no third party is asked for anything. */
async function loadOutlines() {
  const [{ default: feature }, response] = await Promise.all([
    import(new URL('topojson-client/src/feature.js', VENDOR).href),
    fetch(new URL('world-atlas/countries-110m.json', VENDOR)),
  ]);
  const topology = await response.json();
  return flattened(feature(topology, topology.objects.countries));
}

/**
 * What the map is drawn on: the style that whoever runs this has set, or the outlines of countries.
 *
 * @returns {Promise<Style | string>}
 */
export async function baseStyle() {
  const set = document.querySelector('meta[name="map-style"]')?.getAttribute('content');
  if (set?.includes('{z}')) {
    return {
      version: 8,
      sources: { tiles: { type: 'raster', tiles: [set], tileSize: 256, attribution: attribution() } },
      layers: [{ id: 'tiles', type: 'raster', source: 'tiles' }],
    };
  }
  if (set) return set;
  outlines ??= loadOutlines();
  outlines.catch(() => {
    outlines = null;
  });
  const colours = coloursNow();
  return {
    version: 8,
    sources: { [OUTLINES]: { type: 'geojson', data: await outlines, attribution: 'Natural Earth' } },
    layers: [
      { id: 'sea', type: 'background', paint: { 'background-color': colours.sea } },
      { id: 'land', type: 'fill', source: OUTLINES, paint: { 'fill-color': colours.land } },
      {
        id: 'borders',
        type: 'line',
        source: OUTLINES,
        paint: { 'line-color': colours.line, 'line-width': 1 },
      },
    ],
  };
}

/** Who made the tiles, as their terms mostly want it said. */
const attribution = () =>
  document.querySelector('meta[name="map-attribution"]')?.getAttribute('content') ?? '';

/** The console's colours as they are in the present theme. */
export function coloursNow() {
  const style = getComputedStyle(document.documentElement);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  return {
    sea: colour('--sunken'),
    land: colour('--surface'),
    line: colour('--line'),
    text: colour('--text'),
    accent: colour('--accent'),
    accentText: colour('--accent-text'),
    bad: colour('--bad'),
    dim: colour('--line-strong'),
    ground: colour('--surface'),
  };
}

/** What a camera looks like on the map, for a legend beside it. @param {{ state: 'on' | 'silent' | 'off' }} props */
export const Sign = ({ state }) => html`<span class=${`map-sign ${state}`} aria-hidden="true"></span>`;
