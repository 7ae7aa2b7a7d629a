// A map of cameras. What it says stands in a list beside it as well: nobody needs the picture.

import { useEffect, useRef, useState } from 'preact/hooks';
import { Loading, ProblemFace } from '../components/face.js';
import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { useResolvedTheme } from '../lib/theme.js';
import { asFeatures, asWay, draw, PLACES, WAY } from './drawing.js';
import { baseStyle, loadLibrary } from './library.js';

/** @typedef {import('./drawing.js').Place} Place */

const CLOSEST = 14;
const EDGE = 48;
const TIMEOUT_MS = 20_000;

/**
 * @param {{
 *   label: string,
 *   places: Place[],
 *   way?: [number, number][],
 *   onPick?: (id: string) => void,
 *   onView?: (ids: string[]) => void,
 *   at?: string | null | undefined,
 * }} props `onView` is told which places are in sight whenever that changes; `at` is the id of the one to go to
 */
export function CameraMap({ label, places, way = [], onPick, onView, at }) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const map = useRef(/** @type {import('maplibre-gl').Map | null} */ (null));
  const [state, setState] = useState(/** @type {'loading' | 'ready' | 'broken'} */ ('loading'));
  const [tries, setTries] = useState(0);
  // What is called from within the map is what was given last.
  const now = useRef({ places, way, onPick, onView });
  now.current = { places, way, onPick, onView };
  const theme = useResolvedTheme();

  useEffect(() => {
    let current = true;
    setState('loading');
    begin(/** @type {HTMLDivElement} */ (box.current), label, now).then(
      made => {
        if (!current) return made.remove();
        map.current = made;
        setState('ready');
      },
      () => current && setState('broken'),
    );
    return () => {
      current = false;
      map.current?.remove();
      map.current = null;
    };
    // Drawn anew in the other theme's colours
  }, [theme, tries]);

  const drawn = JSON.stringify([places, way]);
  useEffect(() => {
    if (state !== 'ready' || !map.current) return;
    /** @type {any} */ (map.current.getSource(PLACES))?.setData(asFeatures(places));
    /** @type {any} */ (map.current.getSource(WAY))?.setData(asWay(way));
  }, [state, drawn]);

  // Where there was nothing to look at yet, the map shows the world; what comes first is what it goes to.
  const lookedAt = useRef(false);
  useEffect(() => {
    if (state !== 'ready') lookedAt.current = false;
    if (state !== 'ready' || lookedAt.current || places.length === 0 || !map.current) return;
    lookedAt.current = true;
    map.current.fitBounds(boundsOf(places), { padding: EDGE, maxZoom: CLOSEST, animate: false });
  }, [state, places.length > 0]);

  const target = places.find(one => one.id === at)?.at;
  useEffect(() => {
    if (state !== 'ready' || !map.current || !target) return;
    // Near enough that it is not one of a circle.
    const zoom = Math.max(map.current.getZoom(), CLOSEST + 0.5);
    map.current.easeTo({ center: target, zoom, animate: !isStill() });
  }, [state, at]);

  return html`
    <div class="map" data-state=${state}>
      <div class="map-canvas" ref=${box}></div>
      ${state === 'loading' && html`<div class="map-over"><${Loading} label=${t('map.loading')} /></div>`}
      ${
        state === 'broken' &&
        html`<div class="map-over"><${ProblemFace} problem=${new Error(t('map.broken'))} retry=${() => setTries(tries + 1)} /></div>`
      }
    </div>`;
}

/**
 * @param {HTMLDivElement} container
 * @param {string} label
 * @param {{ current: { places: Place[], way: [number, number][], onPick?: ((id: string) => void) | undefined, onView?: ((ids: string[]) => void) | undefined } }} now
 */
async function begin(container, label, now) {
  const [library, style] = await Promise.all([loadLibrary(), baseStyle()]);
  const map = new library.Map({
    container,
    style,
    attributionControl: { compact: true },
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    fadeDuration: 0,
    locale: {
      'Map.Title': label,
      'NavigationControl.ZoomIn': t('map.in'),
      'NavigationControl.ZoomOut': t('map.out'),
      'AttributionControl.ToggleAttribution': t('map.attribution'),
    },
    center: [10, 30],
    zoom: 1,
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new library.NavigationControl({ showCompass: false }), 'top-right');
  map.addControl(new library.ScaleControl(), 'bottom-left');
  try {
    // A style that does not come is no map. What comes after it, such as a tile, is a hole in the picture if it is missing.
    await new Promise((resolve, reject) => {
      map.once('style.load', resolve);
      map.on('error', event => reject(event.error));
      setTimeout(() => reject(new Error('no style')), TIMEOUT_MS);
    });
    draw(map, now.current.places, now.current.way);
    listen(map, now);
  } catch (problem) {
    map.remove();
    throw problem;
  }
  return map;
}

/**
 * @param {import('maplibre-gl').Map} map
 * @param {{ current: { places: Place[], onPick?: ((id: string) => void) | undefined, onView?: ((ids: string[]) => void) | undefined } }} now
 */
function listen(map, now) {
  map.on('click', 'cameras', event => {
    const id = event.features?.[0]?.properties.id;
    if (id) now.current.onPick?.(id);
  });
  map.on('click', 'clusters', async event => {
    const cluster = event.features?.[0];
    if (!cluster) return;
    const source = /** @type {import('maplibre-gl').GeoJSONSource} */ (map.getSource(PLACES));
    const zoom = await source.getClusterExpansionZoom(cluster.properties.cluster_id);
    const point = /** @type {import('geojson').Point} */ (cluster.geometry);
    map.easeTo({ center: /** @type {[number, number]} */ (point.coordinates), zoom, animate: !isStill() });
  });
  for (const layer of ['cameras', 'clusters']) {
    map.on('mouseenter', layer, () => {
      map.getCanvas().style.cursor = 'pointer';
    });
    map.on('mouseleave', layer, () => {
      map.getCanvas().style.cursor = '';
    });
  }
  const tell = () => {
    const seen = map.getBounds();
    now.current.onView?.(now.current.places.filter(one => seen.contains(one.at)).map(one => one.id));
  };
  map.on('moveend', tell);
  tell();
}

/** What all places lie in: its south-west and north-east. @param {Place[]} places @returns {[[number, number], [number, number]]} */
const boundsOf = places => {
  const [east, north] = [places.map(one => one.at[0]), places.map(one => one.at[1])];
  return [
    [Math.min(...east), Math.min(...north)],
    [Math.max(...east), Math.max(...north)],
  ];
};

const isStill = () => matchMedia('(prefers-reduced-motion: reduce)').matches;
