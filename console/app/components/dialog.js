import { useEffect, useId, useRef } from 'preact/hooks';
import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { createStore, useStore } from '../lib/store.js';
import { Button } from './button.js';

/**
 * A dialog over the page. The browser keeps the focus in it, closes it by Escape and gives the focus back.
 *
 * @param {{ title: string, onClose?: () => void, children?: any, footer?: any, wide?: boolean }} props
 *   without `onClose` it cannot be put away
 */
export function Dialog({ title, onClose, children, footer, wide = false }) {
  const ref = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    if (dialog && !dialog.open) dialog.showModal();
    return () => dialog?.close();
  }, []);
  /** @param {Event} event */
  const cancel = event => {
    event.preventDefault();
    onClose?.();
  };
  return html`
    <dialog ref=${ref} class=${`dialog ${wide ? 'wide' : ''}`} aria-labelledby=${id} onCancel=${cancel}>
      <header>
        <h2 id=${id}>${title}</h2>
        ${onClose && html`<${Button} icon="close" kind="quiet" label=${t('common.close')} onClick=${onClose} />`}
      </header>
      <div class="body">${children}</div>
      ${footer && html`<footer>${footer}</footer>`}
    </dialog>`;
}

/** @type {import('../lib/store.js').Store<{ title: string, text: string, action: string, danger: boolean, resolve: (yes: boolean) => void } | null>} */
const question = createStore(/** @type {any} */ (null));

/**
 * Ask before something that cannot be undone.
 *
 * @param {{ title: string, text?: string, action: string, danger?: boolean }} what `action` names the button that does it
 * @returns {Promise<boolean>}
 */
export const confirm = ({ title, text = '', action, danger = false }) =>
  new Promise(resolve => question.set({ title, text, action, danger, resolve }));

/** Where `confirm` asks; once in the shell. */
export function Questions() {
  const asked = useStore(question);
  if (!asked) return null;
  /** @param {boolean} yes */
  const answer = yes => {
    question.set(null);
    asked.resolve(yes);
  };
  const footer = html`
    <${Button} onClick=${() => answer(false)}>${t('common.cancel')}<//>
    <${Button} kind=${asked.danger ? 'danger' : 'primary'} onClick=${() => answer(true)}>${asked.action}<//>`;
  return html`<${Dialog} title=${asked.title} onClose=${() => answer(false)} footer=${footer}><p>${asked.text}</p><//>`;
}
