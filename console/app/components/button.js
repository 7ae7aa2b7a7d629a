import { html } from '../lib/html.js';
import { Icon } from './icon.js';

/**
 * @param {{ icon?: import('./icon.js').IconName, kind?: 'primary' | 'plain' | 'quiet' | 'danger', label?: string, busy?: boolean, children?: any, class?: string } & Record<string, any>} props
 *   `label` names a button that shows an icon alone
 */
export function Button({ icon, kind = 'plain', label, busy = false, children, class: extra = '', ...rest }) {
  const bare = children === undefined || children === null;
  return html`
    <button type="button" class=${`button ${kind} ${bare ? 'bare' : ''} ${extra}`} aria-label=${label} title=${label}
      aria-busy=${busy ? 'true' : undefined} disabled=${busy || rest.disabled} ...${rest}>
      ${icon && html`<${Icon} name=${icon} size=${18} />`}
      ${bare ? null : html`<span>${children}</span>`}
    </button>`;
}

/** A choice of few, as a row of buttons of which one is pressed.
 * @param {{ label: string, value: string, options: { value: string, label: string, icon?: import('./icon.js').IconName }[], onChange: (value: string) => void, icons?: boolean }} props
 */
export const Choice = ({ label, value, options, onChange, icons = false }) => html`
  <div class="choice" role="group" aria-label=${label}>
    ${options.map(
      option => html`
        <button type="button" aria-pressed=${String(option.value === value)} onClick=${() => onChange(option.value)}
          aria-label=${icons ? option.label : undefined} title=${icons ? option.label : undefined}>
          ${option.icon && html`<${Icon} name=${option.icon} size=${18} />`}
          ${icons ? null : option.label}
        </button>`,
    )}
  </div>`;

/** A switch.
 * @param {{ label: string, checked: boolean, onChange: (checked: boolean) => void, hint?: string }} props
 */
export const Toggle = ({ label, checked, onChange, hint }) => html`
  <label class="toggle" title=${hint}>
    <input type="checkbox" role="switch" checked=${checked}
      onChange=${(/** @type {any} */ event) => onChange(event.currentTarget.checked)} />
    <span class="track" aria-hidden="true"></span>
    <span>${label}</span>
  </label>`;
