// Cameras: what each is, where it stands, and how its live stream does.

import { useState } from 'preact/hooks';
import { all } from '../../api/client.js';
import { deleteCamera, listCameras, removeStream } from '../../api/operations.js';
import { Badge, StatusBadge } from '../../components/badge.js';
import { Field } from '../../components/field.js';
import { Resource } from '../../components/resource.js';
import { Time } from '../../components/time.js';
import { isSilent, refreshCameras } from '../../lib/cameras.js';
import { html } from '../../lib/html.js';
import { number, t } from '../../lib/i18n.js';
import { changeQuery, useRoute } from '../../lib/router.js';
import { may } from '../../lib/session.js';
import { CameraDialog, Heading, StreamDialog } from './camera-forms.js';

/** @typedef {import('../../api/schema.d.ts').CameraOut} Camera */
/** @typedef {import('../../components/form.js').Over} Over */
/** @typedef {import('../../components/resource.js').Act} Act */

const REFRESH_MS = 10_000;
const SHOWN = /** @type {Record<string, (camera: Camera) => boolean>} */ ({
  streams: camera => camera.stream !== null,
  silent: isSilent,
  inactive: camera => !camera.active,
});

export default function Cameras() {
  const { query } = useRoute();
  const wanted = (query.get('name') ?? '').toLowerCase();
  const fits = SHOWN[query.get('show') ?? ''] ?? (() => true);
  const [silent, setSilent] = useState(0);
  return html`<${Resource}
    caption=${t('admin.cameras')}
    load=${async (/** @type {string | undefined} */ _, /** @type {AbortSignal} */ signal) => {
      const items = await all(
        page =>
          /** @type {Promise<import('../../api/schema.d.ts').CameraPage>} */ (listCameras(page, { signal })),
      );
      setSilent(items.filter(isSilent).length);
      return { items: items.sort((one, other) => one.name.localeCompare(other.name)) };
    }}
    refreshMs=${REFRESH_MS} onChange=${refreshCameras}
    none=${t('admin.cameras.none')} icon="camera"
    head=${html`<${Filters} query=${query} silent=${silent} />`}
    shows=${(/** @type {Camera} */ camera) => camera.name.toLowerCase().includes(wanted) && fits(camera)}
    make=${
      may('admin') && {
        text: t('admin.cameras.new'),
        said: t('admin.saved'),
        form: (/** @type {Over} */ over) => html`<${CameraDialog} camera=${null} ...${over} />`,
      }
    }
    columns=${COLUMNS()}
    acts=${may('admin') ? acts : undefined} />`;
}

/** @param {{ query: URLSearchParams, silent: number }} props */
const Filters = ({ query, silent }) => html`
  <${Field} label=${t('admin.cameras.find')} type="search" value=${query.get('name') ?? ''}
    onInput=${(/** @type {any} */ event) => changeQuery({ name: event.currentTarget.value }, { replace: true })} />
  <${Field} as="select" label=${t('wanted.show')} value=${query.get('show') ?? ''}
    onChange=${(/** @type {any} */ event) => changeQuery({ show: event.currentTarget.value })}>
    <option value="">${t('common.any')}</option>
    <option value="streams">${t('admin.cameras.streams')}</option>
    <option value="silent">${t('admin.cameras.silent', { count: silent })}</option>
    <option value="inactive">${t('wanted.inactive')}</option>
  <//>`;

const COLUMNS = () => [
  {
    name: t('common.camera'),
    show: (/** @type {Camera} */ camera) => html`
      <strong>${camera.name}</strong>
      ${!camera.active && html` <${Badge} kind="dim">${t('wanted.inactive')}<//>`}
      ${camera.description && html`<p class="hint">${camera.description}</p>`}`,
  },
  {
    name: t('admin.cameras.place'),
    show: (/** @type {Camera} */ camera) =>
      camera.latitude === null || camera.longitude === null
        ? '–'
        : html`<span class="row place"><span class="number">${number(camera.latitude, PLACE)}, ${number(camera.longitude, PLACE)}</span><${Heading} degrees=${camera.heading} /></span>`,
  },
  { name: t('admin.cameras.zone'), show: (/** @type {Camera} */ camera) => camera.time_zone },
  {
    name: t('admin.cameras.stream'),
    show: (/** @type {Camera} */ camera) =>
      camera.stream ? html`<${Stream} camera=${camera} stream=${camera.stream} />` : '–',
  },
];

const PLACE = { minimumFractionDigits: 4, maximumFractionDigits: 4 };

/** @param {{ camera: Camera, stream: NonNullable<Camera['stream']> }} props */
const Stream = ({ camera, stream }) => html`
  <div class="stream">
    <span class="row">
      <${StatusBadge} of="stream_state" value=${stream.state} />
      ${isSilent(camera) && html`<${Badge} kind="bad">${t('admin.cameras.is_silent')}<//>`}
      <span class="hint address">${stream.place}</span>
    </span>
    ${
      stream.state === 'connected' &&
      html`
        <p class="hint">${t('admin.stream.since')} <${Time} at=${stream.connected_since} zone=${camera.time_zone} style="short" /></p>
        <p class="hint number">${[
          stream.fps_in !== null &&
            t('admin.stream.fps', { count: number(stream.fps_in, { maximumFractionDigits: 1 }) }),
          stream.fps_read !== null &&
            t('admin.stream.read', { count: number(stream.fps_read, { maximumFractionDigits: 1 }) }),
          stream.lag_s !== null &&
            t('admin.stream.lag', { count: number(stream.lag_s, { maximumFractionDigits: 1 }) }),
        ]
          .filter(Boolean)
          .join(' · ')}</p>`
    }
    ${stream.state !== 'connected' && stream.last_frame_at && html`<p class="hint">${t('admin.stream.last')} <${Time} at=${stream.last_frame_at} zone=${camera.time_zone} style="short" /></p>`}
    ${stream.reason && html`<p class="error">${stream.reason}</p>`}
  </div>`;

/**
 * @param {Camera} camera
 * @returns {Act[]}
 */
const acts = camera => [
  {
    text: t('wanted.change'),
    label: t('admin.change.named', { name: camera.name }),
    said: t('admin.saved'),
    form: over => html`<${CameraDialog} camera=${camera} ...${over} />`,
  },
  {
    text: t('admin.cameras.stream'),
    label: t('admin.stream.of', { name: camera.name }),
    icon: 'live',
    said: t('admin.saved'),
    form: over => html`<${StreamDialog} camera=${camera} ...${over} />`,
  },
  ...(camera.stream
    ? [
        /** @type {Act} */ ({
          text: t('admin.stream.remove'),
          label: t('admin.stream.remove.named', { name: camera.name }),
          kind: 'danger',
          ask: {
            title: t('admin.stream.remove.named', { name: camera.name }),
            text: t('admin.stream.remove.text'),
          },
          run: () => removeStream({ camera_id: camera.id }),
          said: t('admin.stream.removed'),
        }),
      ]
    : []),
  {
    text: t('wanted.remove'),
    label: t('admin.remove.named', { name: camera.name }),
    icon: 'trash',
    kind: 'danger',
    ask: { title: t('admin.remove.named', { name: camera.name }), text: t('admin.cameras.remove.text') },
    run: () => deleteCamera({ camera_id: camera.id }),
    said: t('admin.removed', { name: camera.name }),
  },
];
