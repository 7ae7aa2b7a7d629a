// Forms of cameras: what one is, and where its live stream comes from.

import { useId, useState } from 'preact/hooks';
import { changeCamera, createCamera, setStream } from '../../api/operations.js';
import { Field } from '../../components/field.js';
import { Check, FormDialog, typed, typedNumber } from '../../components/form.js';
import { html } from '../../lib/html.js';
import { number, t } from '../../lib/i18n.js';

/** @typedef {import('../../api/schema.d.ts').CameraOut} Camera */
/** @typedef {import('../../components/form.js').Over} Over */

/** Where a camera looks: an arrow, and degrees clockwise from north. @param {{ degrees: number | null }} props */
export const Heading = ({ degrees }) =>
  degrees === null
    ? null
    : html`
      <span class="heading" role="img" aria-label=${t('admin.cameras.looks', { degrees: number(degrees) })} title=${t('admin.cameras.looks', { degrees: number(degrees) })}>
        <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true"><circle cx="12" cy="12" r="10.5" /><path d="M12 4 L16 17 L12 14.500 L8 17 Z" transform=${`rotate(${degrees} 12 12)`} /></svg>
      </span>`;

/** @param {{ camera: Camera | null } & Over} props null for a new one */
export function CameraDialog({ camera, ...over }) {
  const zones = useId();
  const [heading, setHeading] = useState(camera?.heading ?? null);
  const send = (/** @type {FormData} */ form) => {
    const body = {
      name: typed(form, 'name'),
      description: typed(form, 'description'),
      latitude: typedNumber(form, 'latitude'),
      longitude: typedNumber(form, 'longitude'),
      heading: typedNumber(form, 'heading'),
      time_zone: typed(form, 'zone'),
      region_hint: typed(form, 'region').toLowerCase() || null,
      serial: typed(form, 'serial') || null,
      active: form.has('active'),
    };
    return camera ? changeCamera({ camera_id: camera.id, body }) : createCamera({ body });
  };
  const turn = (/** @type {any} */ event) => {
    const degrees = Number.parseFloat(event.currentTarget.value);
    setHeading(degrees >= 0 && degrees < 360 ? degrees : null);
  };
  return html`
    <${FormDialog} ...${over} title=${camera ? t('admin.change.named', { name: camera.name }) : t('admin.cameras.new')} send=${send}>
      ${(/** @type {(name: string) => string | undefined} */ error) => html`
        <${Field} label=${t('admin.users.name')} name="name" required maxlength="100" autofocus defaultValue=${camera?.name} error=${error('name')} />
        <${Field} label=${t('wanted.about')} name="description" maxlength="2000" defaultValue=${camera?.description} error=${error('description')} />
        <div class="columns">
          <${Field} label=${t('admin.cameras.latitude')} name="latitude" type="number" min="-90" max="90" step="any" defaultValue=${camera?.latitude} error=${error('latitude')} />
          <${Field} label=${t('admin.cameras.longitude')} name="longitude" type="number" min="-180" max="180" step="any" defaultValue=${camera?.longitude} error=${error('longitude')} />
        </div>
        <div class="row with-arrow">
          <${Field} class="grow" label=${t('admin.cameras.heading')} name="heading" type="number" min="0" max="359.999" step="any" hint=${t('admin.cameras.heading.hint')}
            defaultValue=${camera?.heading} onInput=${turn} error=${error('heading')} />
          <${Heading} degrees=${heading} />
        </div>
        <${Field} label=${t('admin.cameras.zone')} name="zone" required maxlength="64" list=${zones} spellcheck=${false} hint=${t('admin.cameras.zone.hint')}
          defaultValue=${camera?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone} error=${error('time_zone')} />
        <datalist id=${zones}>${Intl.supportedValuesOf('timeZone').map(zone => html`<option key=${zone} value=${zone}></option>`)}</datalist>
        <div class="columns">
          <${Field} label=${t('search.region')} name="region" maxlength="6" hint=${t('search.region.hint')} defaultValue=${camera?.region_hint} error=${error('region_hint')} />
          <${Field} label=${t('admin.cameras.serial')} name="serial" maxlength="100" hint=${t('admin.cameras.serial.hint')} defaultValue=${camera?.serial} error=${error('serial')} />
        </div>
        <${Check} label=${t('wanted.active')} name="active" checked=${camera?.active ?? true} hint=${t('admin.cameras.active.hint')} />`}
    <//>`;
}

/** @param {{ camera: Camera } & Over} props */
export const StreamDialog = ({ camera, ...over }) => html`
  <${FormDialog} ...${over} title=${t('admin.stream.of', { name: camera.name })} text=${t('admin.stream.text')}
    send=${(/** @type {FormData} */ form) => setStream({ camera_id: camera.id, body: { url: typed(form, 'url') } })}>
    ${(/** @type {(name: string) => string | undefined} */ error) => html`
      ${camera.stream && html`<p>${t('admin.stream.now', { place: camera.stream.place })}</p>`}
      <${Field} label=${t('wanted.webhook')} name="url" required minlength="8" maxlength="2000" autofocus autocomplete="off" spellcheck=${false}
        placeholder="rtsp://user:password@10.20.0.7:554/stream1" error=${error('url')} />`}
  <//>`;
