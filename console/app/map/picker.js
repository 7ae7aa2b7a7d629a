// Choosing cameras on the map: the sign or the list, and all that are in sight at once.

import { useState } from 'preact/hooks';
import { Button } from '../components/button.js';
import { Dialog } from '../components/dialog.js';
import { useCameras } from '../lib/cameras.js';
import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { CameraMap } from './map.js';
import { placesOf } from './places.js';

/**
 * @param {{ chosen: string[], onChange: (ids: string[]) => void, onClose: () => void }} props none chosen is all
 */
export function CameraMapDialog({ chosen, onChange, onClose }) {
  const cameras = useCameras();
  const [seen, setSeen] = useState(/** @type {string[]} */ ([]));
  const places = placesOf(cameras.values(), camera => ({ chosen: chosen.includes(camera.id) }));
  const toggle = (/** @type {string} */ id) =>
    onChange(chosen.includes(id) ? chosen.filter(one => one !== id) : [...chosen, id]);
  const footer = html`
    ${chosen.length > 0 && html`<${Button} kind="quiet" onClick=${() => onChange([])}>${t('live.cameras')}<//>`}
    <${Button} disabled=${seen.length === 0} onClick=${() => onChange([...new Set([...chosen, ...seen])])}>${t('picker.map.seen', { count: seen.length })}<//>
    <${Button} kind="primary" onClick=${onClose}>${chosen.length ? t('picker.map.done', { count: chosen.length }) : t('picker.map.all')}<//>`;
  return html`
    <${Dialog} wide title=${t('picker.map')} onClose=${onClose} footer=${footer}>
      <div class="map-dialog"><${CameraMap} label=${t('map.label')} places=${places} onPick=${toggle} onView=${setSeen} /></div>
      <ul class="map-choice">
        ${places.map(
          place => html`
            <li key=${place.id}>
              <label class="row"><input type="checkbox" checked=${place.chosen} onChange=${() => toggle(place.id)} /><span>${place.name}</span></label>
            </li>`,
        )}
      </ul>
      ${places.length === 0 && html`<p class="hint">${t('map.none.placed')}</p>`}
    <//>`;
}
