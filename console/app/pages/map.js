// The cameras on a map, and beside it a list that says the same.

import { useEffect, useRef, useState } from 'preact/hooks';
import { getLastPassages } from '../api/operations.js';
import { Badge } from '../components/badge.js';
import { Button, Toggle } from '../components/button.js';
import { EmptyFace, ProblemFace } from '../components/face.js';
import { Field } from '../components/field.js';
import { Time } from '../components/time.js';
import { refreshCameras, useCameras } from '../lib/cameras.js';
import { html } from '../lib/html.js';
import { number, t } from '../lib/i18n.js';
import { useLoad } from '../lib/load.js';
import { changeQuery, href, useRoute } from '../lib/router.js';
import { Sign } from '../map/library.js';
import { CameraMap } from '../map/map.js';
import { placesOf, stateOf } from '../map/places.js';

/** @typedef {import('../api/schema.d.ts').CameraOut} Camera */
/** @typedef {import('../api/schema.d.ts').LastPassageOut} LastPassage */

const LOOK_MS = 30_000;

export default function MapPage() {
  const { query } = useRoute();
  const cameras = useCameras();
  const last = useLoad(signal => getLastPassages({ signal }), 'last');
  const [wanted, setWanted] = useState('');
  const chosen = query.get('camera');
  const silent = query.get('silent') === 'yes';
  useEffect(() => {
    const clock = setInterval(() => {
      if (document.hidden) return;
      refreshCameras();
      last.again();
    }, LOOK_MS);
    return () => clearInterval(clock);
  }, []);
  const passages = new Map((last.data?.items ?? []).map(one => [one.camera_id, one]));
  const shown = [...cameras.values()]
    .filter(camera => camera.name.toLowerCase().includes(wanted.toLowerCase()))
    .filter(camera => !silent || stateOf(camera) === 'silent')
    .sort((one, other) => one.name.localeCompare(other.name));
  const choose = (/** @type {string} */ id) =>
    changeQuery({ camera: id === chosen ? null : id }, { replace: true });
  return html`
    <header class="page-head"><h1>${t('map.title')}</h1></header>
    ${last.problem && !last.data ? html`<${ProblemFace} problem=${last.problem} retry=${last.again} />` : null}
    <div class="map-page">
      <${CameraMap} label=${t('map.label')} places=${placesOf(shown, camera => ({ chosen: camera.id === chosen }))} at=${chosen} onPick=${choose} />
      <section class="card map-list" aria-label=${t('map.list')}>
        <div class="head">
          <${Field} label=${t('picker.find')} type="search" value=${wanted} onInput=${(/** @type {any} */ event) => setWanted(event.currentTarget.value)} />
          <${Toggle} label=${t('map.silent.only')} checked=${silent} onChange=${(/** @type {boolean} */ on) => changeQuery({ silent: on ? 'yes' : null }, { replace: true })} />
          <p class="hint" role="status">${t('map.count', { count: shown.length })}</p>
        </div>
        ${
          shown.length > 0
            ? html`<ul tabindex="0" aria-label=${t('map.list')}>${shown.map(camera => html`<${Entry} key=${camera.id} camera=${camera} passage=${passages.get(camera.id)} chosen=${camera.id === chosen} onChoose=${choose} />`)}</ul>`
            : html`<${EmptyFace} icon="camera" title=${t('map.none')} />`
        }
      </section>
    </div>`;
}

/** @param {{ camera: Camera, passage: LastPassage | undefined, chosen: boolean, onChoose: (id: string) => void }} props */
function Entry({ camera, passage, chosen, onChoose }) {
  const ref = useRef(/** @type {HTMLLIElement | null} */ (null));
  useEffect(() => {
    if (chosen) ref.current?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);
  const state = stateOf(camera);
  return html`
    <li ref=${ref} aria-current=${chosen ? 'true' : undefined}>
      <button type="button" class="name" aria-pressed=${String(chosen)} onClick=${() => onChoose(camera.id)}>
        <${Sign} state=${state} /><span class="grow">${camera.name}</span>
        ${state === 'silent' && html`<${Badge} kind="bad">${t('map.silent')}<//>`}
        ${state === 'off' && html`<${Badge} kind="dim">${t('wanted.inactive')}<//>`}
      </button>
      <span class="hint">${placeText(camera)}</span>
      <span class="hint">
        ${t('map.last')}: ${passage ? html`<a href=${href('search', { camera: camera.id, passage: passage.event_id })}><${Time} at=${passage.captured_at} zone=${camera.time_zone} style="short" /></a>` : t('map.never')}
      </span>
      ${state === 'silent' && html`<span class="hint">${t('map.silent.since')}: <${Time} at=${camera.stream?.last_frame_at} zone=${camera.time_zone} style="short" /> ${camera.stream?.reason ?? ''}</span>`}
      ${
        chosen &&
        html`
          <span class="row">
            <a class="button" href=${href('search', { camera: camera.id })}>${t('map.passages')}</a>
            <a class="button" href=${href('live', { camera: camera.id })}>${t('live.title')}</a>
            <${Button} kind="quiet" icon="close" label=${t('common.close')} onClick=${() => onChoose(camera.id)} />
          </span>`
      }
    </li>`;
}

/** Where it is and where it looks. @param {Camera} camera */
function placeText({ latitude, longitude, heading }) {
  if (latitude === null || longitude === null) return t('map.nowhere');
  const degrees = { maximumFractionDigits: 4 };
  const at = `${number(latitude, degrees)}, ${number(longitude, degrees)}`;
  return heading === null
    ? at
    : `${at} · ${t('map.heading', { degrees: Math.round(heading), side: t(/** @type {any} */ (`side.${sideOf(heading)}`)) })}`;
}

const SIDES = ['n', 'ne', 'e', 'se', 's', 'sw', 'w', 'nw'];

/** @param {number} heading */
const sideOf = heading => SIDES[Math.round(heading / 45) % 8];
