// Cameras as signs on the map: a dot, the way it looks, and another sign for one that is silent; many are one circle.

import { coloursNow } from './library.js';

/** @typedef {import('maplibre-gl').Map} Map */
/** @typedef {import('maplibre-gl').LayerSpecification} Layer */

/**
 * @typedef {object} Place
 * @property {string} id of the camera
 * @property {string} name
 * @property {[number, number]} at degrees east and north
 * @property {number | null} heading degrees clockwise from north
 * @property {'on' | 'silent' | 'off'} state
 * @property {string} [label] such as how often something was seen there
 * @property {boolean} [chosen]
 */

export const PLACES = 'places';
export const WAY = 'way';
const SIZE = 64;
const RATIO = 2;
const CLUSTER_RADIUS = 42;
const CLUSTER_UNTIL = 13;

/** @param {Place[]} places @returns {import('geojson').FeatureCollection} */
export const asFeatures = places => ({
  type: 'FeatureCollection',
  features: places.map(({ at, ...properties }) => ({
    type: 'Feature',
    geometry: { type: 'Point', coordinates: at },
    properties: {
      ...properties,
      heading: properties.heading ?? -1,
      label: properties.label ?? '',
      chosen: !!properties.chosen,
    },
  })),
});

/** @param {[number, number][]} line @returns {import('geojson').Feature} */
export const asWay = line => ({
  type: 'Feature',
  properties: {},
  geometry: { type: 'LineString', coordinates: line },
});

/**
 * Draws the places over what the map shows.
 * @param {Map} map whose style has come
 * @param {Place[]} places
 * @param {[number, number][]} way in the order in which something passed; empty for none
 */
export function draw(map, places, way) {
  const colours = coloursNow();
  addSigns(map, colours);
  map.addSource(WAY, { type: 'geojson', data: asWay(way) });
  map.addSource(PLACES, {
    type: 'geojson',
    data: asFeatures(places),
    cluster: true,
    clusterRadius: CLUSTER_RADIUS,
    clusterMaxZoom: CLUSTER_UNTIL,
    // A circle that has a silent camera in it shows so.
    clusterProperties: { silent: ['+', ['case', ['==', ['get', 'state'], 'silent'], 1, 0]] },
  });
  for (const layer of layersOf(colours)) map.addLayer(layer);
}

/**
 * @param {ReturnType<typeof coloursNow>} colours
 * @returns {Layer[]}
 */
function layersOf(colours) {
  const text = { 'text-color': colours.text, 'text-halo-color': colours.ground, 'text-halo-width': 1.6 };
  return [
    {
      id: 'way',
      type: 'line',
      source: WAY,
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: {
        'line-color': colours.accent,
        'line-width': 3,
        'line-opacity': 0.7,
        'line-dasharray': [1, 1.6],
      },
    },
    {
      id: 'clusters',
      type: 'circle',
      source: PLACES,
      filter: ['has', 'point_count'],
      paint: {
        'circle-color': colours.accent,
        'circle-radius': ['step', ['get', 'point_count'], 15, 10, 19, 100, 24],
        'circle-stroke-width': 3,
        'circle-stroke-color': ['case', ['>', ['get', 'silent'], 0], colours.bad, colours.ground],
      },
    },
    {
      id: 'cluster-counts',
      type: 'symbol',
      source: PLACES,
      filter: ['has', 'point_count'],
      layout: {
        'text-field': ['get', 'point_count_abbreviated'],
        'text-size': 13,
        'text-allow-overlap': true,
      },
      paint: { 'text-color': colours.accentText },
    },
    {
      id: 'headings',
      type: 'symbol',
      source: PLACES,
      filter: ['all', ['!', ['has', 'point_count']], ['>=', ['get', 'heading'], 0]],
      layout: {
        'icon-image': 'sign-heading',
        'icon-rotate': ['get', 'heading'],
        'icon-rotation-alignment': 'map',
        'icon-allow-overlap': true,
        'icon-ignore-placement': true,
      },
    },
    {
      id: 'cameras',
      type: 'symbol',
      source: PLACES,
      filter: ['!', ['has', 'point_count']],
      layout: {
        'icon-image': ['concat', 'sign-', ['get', 'state'], ['case', ['get', 'chosen'], '-chosen', '']],
        'icon-allow-overlap': true,
        'icon-ignore-placement': true,
        'text-field': [
          'concat',
          ['get', 'name'],
          ['case', ['==', ['get', 'label'], ''], '', '\n'],
          ['get', 'label'],
        ],
        'text-size': 12,
        'text-offset': [0, 1.1],
        'text-anchor': 'top',
        'text-optional': true,
      },
      paint: text,
    },
  ];
}

/**
 * The signs, drawn here: a picture would need a file for each theme.
 * @param {Map} map
 * @param {ReturnType<typeof coloursNow>} colours
 */
function addSigns(map, colours) {
  /** @param {string} name @param {(paper: CanvasRenderingContext2D) => void} paint */
  const add = (name, paint) => {
    const canvas = Object.assign(document.createElement('canvas'), { width: SIZE, height: SIZE });
    const paper = canvas.getContext('2d', { willReadFrequently: true });
    if (!paper) return;
    paper.translate(SIZE / 2, SIZE / 2);
    paint(paper);
    map.addImage(name, paper.getImageData(0, 0, SIZE, SIZE), { pixelRatio: RATIO });
  };
  /** @param {CanvasRenderingContext2D} paper @param {number} radius @param {string} fill @param {string} edge */
  const dot = (paper, radius, fill, edge) => {
    paper.beginPath();
    paper.arc(0, 0, radius, 0, 2 * Math.PI);
    paper.fillStyle = fill;
    paper.fill();
    paper.lineWidth = 4;
    paper.strokeStyle = edge;
    paper.stroke();
  };
  for (const chosen of [false, true]) {
    const end = chosen ? '-chosen' : '';
    const ring = (/** @type {CanvasRenderingContext2D} */ paper) => {
      if (chosen) dot(paper, 19, colours.ground, colours.text);
    };
    add(`sign-on${end}`, paper => {
      ring(paper);
      dot(paper, 12, colours.accent, colours.ground);
    });
    add(`sign-off${end}`, paper => {
      ring(paper);
      dot(paper, 11, colours.ground, colours.dim);
    });
    // Not the colour alone: a square with a bar.
    add(`sign-silent${end}`, paper => {
      ring(paper);
      paper.fillStyle = colours.bad;
      paper.strokeStyle = colours.ground;
      paper.lineWidth = 4;
      paper.beginPath();
      paper.rect(-12, -12, 24, 24);
      paper.fill();
      paper.stroke();
      paper.fillStyle = colours.ground;
      paper.fillRect(-7, -2.5, 14, 5);
    });
  }
  add('sign-heading', paper => {
    paper.beginPath();
    paper.moveTo(0, 0);
    paper.arc(0, 0, 30, -Math.PI / 2 - 0.42, -Math.PI / 2 + 0.42);
    paper.closePath();
    paper.fillStyle = colours.accent;
    paper.globalAlpha = 0.45;
    paper.fill();
  });
}
