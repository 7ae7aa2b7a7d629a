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

/**
 * What the API has against a form, sorted: what stands at a field is not said a second time at the end.
 *
 * @param {unknown} problem
 * @returns {{ at: (name: string) => string | undefined, rest: () => boolean }} `rest` tells, once all fields have asked `at`, whether
 *   there is more than they say
 */
export function fieldErrors(problem) {
  /** @type {Set<string>} */
  const said = new Set();
  const errors = /** @type {{ pointer: string }[]} */ (/** @type {any} */ (problem)?.errors ?? []);
  return {
    at: name => {
      const found = errorOf(problem, name);
      if (found) said.add(name);
      return found;
    },
    rest: () => !!problem && said.size < Math.max(1, new Set(errors.map(error => error.pointer)).size),
  };
}
