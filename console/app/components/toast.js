import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { createStore, useStore } from '../lib/store.js';
import { Button } from './button.js';
import { problemText } from './face.js';

/** @typedef {{ id: number, text: string, kind: 'good' | 'bad' | 'plain', action?: { label: string, run: () => void } }} Toast */

/** @type {import('../lib/store.js').Store<Toast[]>} */
const toasts = createStore(/** @type {Toast[]} */ ([]));
let last = 0;
const STAYS_MS = 6000;

/**
 * Say something in passing. What is wrong stays until it is put away.
 *
 * @param {string} text
 * @param {{ kind?: Toast['kind'], action?: Toast['action'] }} [how]
 */
export function toast(text, { kind = 'plain', action } = {}) {
  const id = ++last;
  toasts.update(now => [...now.slice(-3), { id, text, kind, ...(action ? { action } : {}) }]);
  if (kind !== 'bad') setTimeout(() => dismiss(id), action ? 2 * STAYS_MS : STAYS_MS);
}

/** Say what the API has against something. @param {unknown} problem */
export const toastProblem = problem => toast(problemText(problem), { kind: 'bad' });

/** @param {number} id */
const dismiss = id => toasts.update(now => now.filter(one => one.id !== id));

export const Toasts = () => html`
  <div class="toasts" role="status" aria-live="polite">
    ${useStore(toasts).map(
      one => html`
        <div class=${`toast ${one.kind}`} key=${one.id}>
          <span>${one.text}</span>
          ${
            one.action &&
            html`<${Button} kind="quiet" onClick=${() => {
              one.action?.run();
              dismiss(one.id);
            }}>${one.action.label}<//>`
          }
          <${Button} icon="close" kind="quiet" label=${t('common.close')} onClick=${() => dismiss(one.id)} />
        </div>`,
    )}
  </div>`;
