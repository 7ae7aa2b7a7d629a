// Forms over a page: what was typed stays until it was taken, and what the API has against a field stands at the field.

import { useId, useState } from 'preact/hooks';
import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { Button } from './button.js';
import { Dialog } from './dialog.js';
import { problemText } from './face.js';
import { Field, fieldErrors } from './field.js';

/**
 * What a list gives to a form that it opens.
 * @typedef {object} Over
 * @property {() => void} onClose puts it away
 * @property {() => void} onDone it is done: looks at the list anew
 */

/**
 * A dialog with a form in it.
 *
 * @param {{
 *   title: string,
 *   text?: any,
 *   action?: string,
 *   danger?: boolean,
 *   send: (form: FormData) => Promise<unknown>,
 *   onClose: () => void,
 *   onDone?: (answer: any) => void,
 *   children: (error: (name: string) => string | undefined) => any,
 * }} props `send` throws what is wrong; `children` draws the fields, given what is wrong with each
 */
export function FormDialog({ title, text, action, danger = false, send, onClose, onDone, children }) {
  const { busy, problem, submit } = useSending(send, answer => {
    onClose();
    onDone?.(answer);
  });
  const errors = fieldErrors(problem);
  return html`
    <${Dialog} title=${title} onClose=${onClose}>
      <form class="form" onSubmit=${submit}>
        ${text && html`<p class="hint">${text}</p>`}
        ${children(errors.at)}
        ${errors.rest() ? html`<p class="error" role="alert">${problemText(problem)}</p>` : null}
        <${Button} kind=${danger ? 'danger' : 'primary'} type="submit" busy=${busy}>${action ?? t('wanted.save')}<//>
      </form>
    <//>`;
}

/**
 * Sends a form, and keeps what the API has against it.
 *
 * @param {(form: FormData) => Promise<unknown>} send
 * @param {(answer: any, form: HTMLFormElement) => void} onDone
 */
export function useSending(send, onDone) {
  const [state, setState] = useState(
    /** @type {{ busy: boolean, problem: unknown }} */ ({ busy: false, problem: null }),
  );
  const submit = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.currentTarget);
    setState({ busy: true, problem: null });
    try {
      const answer = await send(new FormData(form));
      setState({ busy: false, problem: null });
      onDone(answer, form);
    } catch (problem) {
      setState({ busy: false, problem });
    }
  };
  return { ...state, submit };
}

/** What stands in a field. @param {FormData} form @param {string} name */
export const typed = (form, name) => String(form.get(name) ?? '').trim();

/** What stands in a field of a number; null where nothing does. @param {FormData} form @param {string} name */
export const typedNumber = (form, name) => (typed(form, name) === '' ? null : Number(form.get(name)));

/**
 * One of a few, as a list that drops down.
 * @param {{ label: string, name: string, options: { value: string, text: string }[], chosen: string } & Record<string, any>} props
 */
export const Choices = ({ options, chosen, ...rest }) => html`
  <${Field} as="select" ...${rest}>
    ${options.map(one => html`<option key=${one.value} value=${one.value} selected=${one.value === chosen}>${one.text}</option>`)}
  <//>`;

/** Yes or no. @param {{ label: string, name: string, checked?: boolean, hint?: string }} props */
export function Check({ label, name, checked = false, hint }) {
  const id = useId();
  return html`
    <div class="check">
      <label class="row"><input type="checkbox" name=${name} defaultChecked=${checked} aria-describedby=${hint ? id : undefined} />${label}</label>
      ${hint && html`<p class="hint" id=${id}>${hint}</p>`}
    </div>`;
}

const MANY = 10;

/**
 * Some of several; where there are many, a field finds one among them.
 *
 * @param {{ label: string, name: string, options: { value: string, text: string }[], chosen?: string[], error?: string | undefined, none?: string }} props
 *   what is ticked is in the form by `name`, whether it is found at the moment or not
 */
export function Checks({ label, name, options, chosen = [], error, none }) {
  const [wanted, setWanted] = useState('');
  const id = useId();
  const fits = (/** @type {string} */ text) => text.toLowerCase().includes(wanted.toLowerCase());
  return html`
    <fieldset class="checks" aria-describedby=${error ? id : undefined}>
      <legend>${label}</legend>
      ${
        options.length > MANY &&
        html`<input type="search" aria-label=${t('form.find', { what: label })} placeholder=${t('form.find.short')}
          onInput=${(/** @type {any} */ event) => setWanted(event.currentTarget.value)} />`
      }
      <div class="ticks" tabindex=${options.length > MANY ? 0 : undefined} role=${options.length > MANY ? 'group' : undefined} aria-label=${options.length > MANY ? label : undefined}>
        ${options.map(
          one => html`
            <label key=${one.value} hidden=${!fits(one.text)}>
              <input type="checkbox" name=${name} value=${one.value} defaultChecked=${chosen.includes(one.value)} /><span>${one.text}</span>
            </label>`,
        )}
        ${options.length === 0 && html`<p class="hint">${none}</p>`}
      </div>
      ${error && html`<p class="error" id=${id} role="alert">${error}</p>`}
    </fieldset>`;
}
