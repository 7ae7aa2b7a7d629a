// A vehicle that people know by name: its name beneath a plate, and the form that it is written in.

import { changeVehicle, nameVehicle } from '../api/operations.js';
import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { Field } from './field.js';
import { FormDialog, typed } from './form.js';

/** @typedef {import('../api/schema.d.ts').VehicleOut} Vehicle */

/** The name that a passage's vehicle is known by, if it is. @param {{ passage: { known_as: { name: string } | null } }} props */
export const KnownAs = ({ passage }) =>
  passage.known_as
    ? html`<span class="known" title=${passage.known_as.name}>${passage.known_as.name}</span>`
    : null;

/**
 * @param {{ vehicle: Vehicle | null, plate?: string, onClose: () => void, onDone: (made: Vehicle) => void }} props
 *   null for a new one, of this plate
 */
export function VehicleDialog({ vehicle, plate = '', onClose, onDone }) {
  const send = (/** @type {FormData} */ form) => {
    const body = {
      plate: typed(form, 'plate'),
      region: typed(form, 'region').toLowerCase() || null,
      name: typed(form, 'name'),
      note: typed(form, 'note'),
    };
    return vehicle ? changeVehicle({ vehicle_id: vehicle.id, body }) : nameVehicle({ body });
  };
  const title = vehicle
    ? t('vehicle.change', { name: vehicle.name })
    : t(plate ? 'vehicle.name.this' : 'vehicle.name.one');
  return html`
    <${FormDialog} title=${title} text=${t('vehicle.text')} send=${send} onClose=${onClose} onDone=${onDone}>
      ${(/** @type {(name: string) => string | undefined} */ error) => html`
        <${Field} label=${t('vehicle.name')} name="name" required maxlength="100" autofocus autocomplete="off" defaultValue=${vehicle?.name} error=${error('name')} />
        <${Field} label=${t('search.plate')} name="plate" required maxlength="32" autocapitalize="characters" autocomplete="off" spellcheck=${false}
          defaultValue=${vehicle?.plate ?? plate} error=${error('plate')} />
        <${Field} label=${t('search.region')} name="region" maxlength="6" hint=${t('search.region.hint')} defaultValue=${vehicle?.region} error=${error('region')} />
        <${Field} as="textarea" rows="3" label=${t('vehicle.note')} name="note" maxlength="2000" defaultValue=${vehicle?.note} error=${error('note')} />`}
    <//>`;
}
