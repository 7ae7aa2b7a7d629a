// Whose passage it is, where people know: the name, and giving, changing or taking it where one sees it.

import { useState } from 'preact/hooks';
import { forgetVehicle, getVehicle } from '../api/operations.js';
import { Button } from '../components/button.js';
import { confirm } from '../components/dialog.js';
import { toast, toastProblem } from '../components/toast.js';
import { KnownAs, VehicleDialog } from '../components/vehicle.js';
import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { may } from '../lib/session.js';

/** @typedef {import('../api/schema.d.ts').EventOut} Passage */
/** @typedef {import('../components/vehicle.js').Vehicle} Vehicle */

/**
 * @param {{ passage: Passage, plate: string | null, onNamed: () => void }} props
 *   a plate with a character that nobody is sure of cannot be named; `onNamed` is told that a name has changed
 */
export function Known({ passage, plate, onNamed }) {
  const [edited, setEdited] = useState(/** @type {Vehicle | 'new' | null} */ (null));
  const known = passage.known_as;
  const change = async () => {
    try {
      if (known) setEdited(await getVehicle({ vehicle_id: known.id }));
    } catch (problem) {
      toastProblem(problem);
    }
  };
  const forget = async () => {
    if (!known) return;
    const title = t('vehicle.forget', { name: known.name });
    if (!(await confirm({ title, text: t('vehicle.forget.text'), action: t('wanted.remove'), danger: true })))
      return;
    try {
      await forgetVehicle({ vehicle_id: known.id });
      toast(t('vehicle.forgotten', { name: known.name }), { kind: 'good' });
      onNamed();
    } catch (problem) {
      toastProblem(problem);
    }
  };
  const done = (/** @type {Vehicle} */ vehicle) => {
    toast(t('vehicle.named', { plate: vehicle.plate, name: vehicle.name }), { kind: 'good' });
    onNamed();
  };
  const named = plate !== null && !plate.includes('?') && passage.review_status !== 'rejected';
  if (!known && !(named && may('reviewer'))) return null;
  return html`
    <div class="row known-row">
      ${
        known
          ? html`
              <${KnownAs} passage=${passage} />
              ${
                may('reviewer') &&
                html`
                  <${Button} kind="quiet" aria-label=${t('vehicle.change', { name: known.name })} onClick=${change}>${t('wanted.change')}<//>
                  <${Button} kind="quiet" icon="trash" label=${t('vehicle.forget', { name: known.name })} onClick=${forget} />`
              }`
          : html`<${Button} kind="quiet" icon="plus" onClick=${() => setEdited('new')}>${t('vehicle.name.this')}<//>`
      }
    </div>
    ${edited && html`<${VehicleDialog} vehicle=${edited === 'new' ? null : edited} plate=${plate ?? ''} onClose=${() => setEdited(null)} onDone=${done} />`}`;
}
