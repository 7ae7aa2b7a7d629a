import { useId } from 'preact/hooks';
import { html } from '../lib/html.js';

/**
 * A field of a form: its label, what it is for, and what is wrong with it.
 *
 * @param {{ label: string, hint?: string, error?: string | undefined, children?: any, as?: 'input' | 'select' | 'textarea', class?: string, hideLabel?: boolean } & Record<string, any>} props
 *   all else goes to the control; options of a select are its children
 */
export function Field({
  label,
  hint,
  error,
  children,
  as = 'input',
  class: extra = '',
  hideLabel = false,
  ...rest
}) {
  const id = useId();
  const about = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ') || undefined;
  return html`
    <div class=${`field ${extra}`}>
      <label for=${id} class=${hideLabel ? 'visually-hidden' : ''}>${label}</label>
      <${as} id=${id} aria-describedby=${about} aria-invalid=${error ? 'true' : undefined} ...${rest}>${children}<//>
      ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
      ${error && html`<p class="error" id=${`${id}-error`} role="alert">${error}</p>`}
    </div>`;
}

/**
 * What the API has against one field of what was sent.
 *
 * @param {unknown} problem
 * @param {string} name such as `email`, or `items/0/plate`
 * @returns {string | undefined}
 */
export function errorOf(problem, name) {
  const errors = /** @type {any} */ (problem)?.errors;
  if (!Array.isArray(errors)) return undefined;
  const found = errors.find(error => error.pointer === `/${name}` || error.pointer === `/query/${name}`);
  return found ? (found.detail ?? /** @type {any} */ (problem).detail) : undefined;
}
