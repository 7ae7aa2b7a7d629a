// Choosing cameras: a list that drops down, with a field to find one in it.

import { useEffect, useRef, useState } from 'preact/hooks';
import { useCameras } from '../lib/cameras.js';
import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { Button } from './button.js';
import { Icon } from './icon.js';
import { toastProblem } from './toast.js';

const FEW = 8;

/**
 * @param {{ chosen: string[], onChange: (ids: string[]) => void, label?: string }} props none chosen is all
 */
export function CameraPicker({ chosen, onChange, label }) {
  const cameras = useCameras();
  const [wanted, setWanted] = useState('');
  const ref = useRef(/** @type {HTMLDetailsElement | null} */ (null));
  const [map, setMap] = useState(/** @type {{ Dialog: any } | null} */ (null));
  const openMap = async () => {
    if (ref.current) ref.current.open = false;
    try {
      setMap({ Dialog: (await import('../map/picker.js')).CameraMapDialog });
    } catch (problem) {
      toastProblem(problem);
    }
  };
  useEffect(() => {
    /** @param {Event} event */
    const away = event => {
      if (ref.current?.open && !ref.current.contains(/** @type {Node} */ (event.target)))
        ref.current.open = false;
    };
    addEventListener('pointerdown', away);
    return () => removeEventListener('pointerdown', away);
  }, []);
  /** @param {KeyboardEvent} event */
  const onEscape = event => {
    if (event.key !== 'Escape' || !ref.current?.open) return;
    ref.current.open = false;
    ref.current.querySelector('summary')?.focus();
  };
  const sorted = [...cameras.values()].sort((one, other) => one.name.localeCompare(other.name));
  const shown = sorted.filter(camera => camera.name.toLowerCase().includes(wanted.toLowerCase()));
  const names = chosen.map(id => cameras.get(id)?.name ?? '…');
  const text =
    names.length === 0
      ? t('live.cameras')
      : names.length === 1
        ? names[0]
        : t('picker.some', { count: names.length });
  return html`
    <details class="picker" ref=${ref} onKeyDown=${onEscape}>
      <summary class="button" aria-label=${`${label ?? t('search.cameras')}: ${text}`}>
        <${Icon} name="camera" size=${18} /><span>${text}</span>
      </summary>
      <div class="drop card">
        ${
          sorted.length > FEW &&
          html`<input type="search" class="find" aria-label=${t('picker.find')} placeholder=${t('picker.find')} value=${wanted}
            onInput=${(/** @type {any} */ event) => setWanted(event.currentTarget.value)} />`
        }
        <ul>
          ${shown.map(
            camera => html`
              <li key=${camera.id}>
                <label>
                  <input type="checkbox" checked=${chosen.includes(camera.id)}
                    onChange=${() => onChange(chosen.includes(camera.id) ? chosen.filter(id => id !== camera.id) : [...chosen, camera.id])} />
                  <span>${camera.name}</span>
                </label>
              </li>`,
          )}
          ${shown.length === 0 && html`<li class="hint">${t('picker.none')}</li>`}
        </ul>
        <${Button} kind="quiet" icon="map" onClick=${openMap}>${t('picker.map.open')}<//>
        ${chosen.length > 0 && html`<${Button} kind="quiet" onClick=${() => onChange([])}>${t('live.cameras')}<//>`}
      </div>
    </details>
    ${map && html`<${map.Dialog} chosen=${chosen} onChange=${onChange} onClose=${() => setMap(null)} />`}`;
}
