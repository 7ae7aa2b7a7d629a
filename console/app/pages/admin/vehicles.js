// Vehicles that people know by name: the list of them.

import { forgetVehicle, listVehicles } from '../../api/operations.js';
import { Field } from '../../components/field.js';
import { Plate } from '../../components/plate.js';
import { Resource } from '../../components/resource.js';
import { Time } from '../../components/time.js';
import { VehicleDialog } from '../../components/vehicle.js';
import { html } from '../../lib/html.js';
import { t } from '../../lib/i18n.js';
import { changeQuery, useRoute } from '../../lib/router.js';
import { may } from '../../lib/session.js';

/** @typedef {import('../../components/vehicle.js').Vehicle} Vehicle */
/** @typedef {import('../../components/form.js').Over} Over */

export default function Vehicles() {
  const { query } = useRoute();
  const [plate, name] = [query.get('plate'), query.get('name')];
  const change = (/** @type {string} */ what) => (/** @type {any} */ event) =>
    changeQuery({ [what]: event.currentTarget.value.trim() });
  const filters = html`
    <div class="filters-line grow">
      <${Field} label=${t('search.plate')} type="search" maxlength="32" autocapitalize="characters" autocomplete="off" spellcheck=${false} value=${plate ?? ''} onChange=${change('plate')} />
      <${Field} label=${t('vehicle.name')} type="search" maxlength="100" autocomplete="off" value=${name ?? ''} onChange=${change('name')} />
    </div>`;
  return html`<${Resource}
    caption=${t('admin.vehicles')} question=${`${plate}\n${name}`} head=${filters} icon="search"
    none=${plate || name ? t('admin.vehicles.none.such') : t('admin.vehicles.none')}
    load=${(/** @type {string | undefined} */ cursor, /** @type {AbortSignal} */ signal) =>
      listVehicles(
        { limit: 50, plate: plate || null, name: name || null, ...(cursor ? { cursor } : {}) },
        { signal },
      )}
    make=${
      may('reviewer')
        ? {
            text: t('vehicle.name.one'),
            said: t('admin.saved'),
            form: (/** @type {Over} */ over) => html`<${VehicleDialog} vehicle=${null} ...${over} />`,
          }
        : null
    }
    columns=${[
      {
        name: t('search.plate'),
        show: (/** @type {Vehicle} */ one) =>
          html`<${Plate} text=${one.plate.toUpperCase()} region=${one.region} />`,
      },
      { name: t('vehicle.name'), show: (/** @type {Vehicle} */ one) => html`<strong>${one.name}</strong>` },
      { name: t('vehicle.note'), show: (/** @type {Vehicle} */ one) => one.note },
      {
        name: t('admin.vehicles.since'),
        show: (/** @type {Vehicle} */ one) => html`<${Time} at=${one.created_at} style="short" />`,
      },
    ]}
    acts=${
      may('reviewer')
        ? (/** @type {Vehicle} */ one) => [
            {
              text: t('wanted.change'),
              label: t('vehicle.change', { name: one.name }),
              said: t('admin.saved'),
              form: (/** @type {Over} */ over) => html`<${VehicleDialog} vehicle=${one} ...${over} />`,
            },
            {
              text: t('wanted.remove'),
              label: t('vehicle.forget', { name: one.name }),
              icon: 'trash',
              kind: 'danger',
              ask: { title: t('vehicle.forget', { name: one.name }), text: t('vehicle.forget.text') },
              run: () => forgetVehicle({ vehicle_id: one.id }),
              said: t('vehicle.forgotten', { name: one.name }),
            },
          ]
        : undefined
    } />`;
}
