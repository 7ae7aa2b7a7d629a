// Forms of wanted plates: what the API has against a field stands at the field.

import { useState } from 'preact/hooks';
import { changeBolo, createBolo } from '../api/operations.js';
import { Button } from '../components/button.js';
import { Dialog } from '../components/dialog.js';
import { problemText } from '../components/face.js';
import { errorOf, Field } from '../components/field.js';
import { localOf, utcOf } from '../lib/filters.js';
import { html } from '../lib/html.js';
import { t, word } from '../lib/i18n.js';

/** @typedef {import('../api/schema.d.ts').ListOut} List */
/** @typedef {import('../api/schema.d.ts').ListIn} ListIn */
/** @typedef {import('../api/schema.d.ts').EntryOut} Entry */

/**
 * Sends a form and keeps what the API has against it.
 * @param {(form: FormData) => Promise<unknown>} send
 * @param {() => void} onDone
 */
function useSending(send, onDone) {
  const [state, setState] = useState(
    /** @type {{ busy: boolean, problem: unknown }} */ ({ busy: false, problem: null }),
  );
  const submit = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    setState({ busy: true, problem: null });
    try {
      await send(form);
      onDone();
    } catch (problem) {
      setState({ busy: false, problem });
    }
  };
  return { ...state, submit };
}

/** @param {{ list: List | null, save: (body: ListIn) => Promise<void>, onClose: () => void }} props null for a new one */
export function ListDialog({ list, save, onClose }) {
  const { busy, problem, submit } = useSending(
    form =>
      save({
        name: text(form, 'name'),
        description: text(form, 'description'),
        priority: /** @type {any} */ (text(form, 'priority')),
        alert_interval_s: Number(form.get('interval')),
        active: form.has('active'),
      }),
    onClose,
  );
  return html`
    <${Dialog} title=${list ? t('wanted.list.change') : t('wanted.list.new')} onClose=${onClose}>
      <form class="form" onSubmit=${submit}>
        <${Field} label=${t('wanted.list')} name="name" required maxlength="100" autofocus defaultValue=${list?.name} error=${errorOf(problem, 'name')} />
        <${Field} label=${t('wanted.about')} name="description" maxlength="1000" defaultValue=${list?.description} error=${errorOf(problem, 'description')} />
        <${Choices} label=${t('wanted.priority')} name="priority" of="priority" options=${['low', 'normal', 'high', 'critical']} chosen=${list?.priority ?? 'normal'} />
        <${Field} label=${t('wanted.interval')} name="interval" type="number" min="0" required defaultValue=${list?.alert_interval_s ?? 300}
          error=${errorOf(problem, 'alert_interval_s')} />
        <${Check} label=${t('wanted.active')} name="active" checked=${list?.active ?? true} />
        <${End} problem=${problem} busy=${busy} />
      </form>
    <//>`;
}

/** @param {{ list: List, entry: Entry | null, onSaved: () => void, onClose: () => void }} props null for a new one */
export function EntryDialog({ list, entry, onSaved, onClose }) {
  const send = (/** @type {FormData} */ form) => {
    const body = {
      pattern: text(form, 'pattern'),
      tolerance: /** @type {any} */ (text(form, 'tolerance')),
      region: text(form, 'region').toLowerCase() || null,
      reason: text(form, 'reason'),
      case_number: text(form, 'case') || null,
      vehicle: text(form, 'vehicle'),
      valid_until: utcOf(text(form, 'until')) || null,
      active: form.has('active'),
      confirm_broad: form.has('broad'),
    };
    const kind = /** @type {any} */ (text(form, 'kind'));
    if (entry) return changeBolo({ bolo_id: entry.id, body: { ...body, kind } });
    return createBolo({ body: { ...body, list_id: list.id, kind: kind || null } });
  };
  const { busy, problem, submit } = useSending(send, () => {
    onSaved();
    onClose();
  });
  return html`
    <${Dialog} title=${entry ? t('wanted.entry.change') : t('wanted.entry.new')} onClose=${onClose}>
      <form class="form" onSubmit=${submit}>
        <${Field} label=${t('search.plate')} name="pattern" required autofocus maxlength="200" autocapitalize="characters" autocomplete="off" spellcheck=${false}
          hint=${t('search.hint')} defaultValue=${entry?.pattern} error=${errorOf(problem, 'pattern')} />
        <${Choices} label=${t('wanted.kind')} name="kind" of="bolo_kind" options=${[...(entry ? [] : ['']), 'exact', 'wildcard', 'regex']} chosen=${entry?.kind ?? ''} />
        <${Choices} label=${t('wanted.tolerance')} name="tolerance" of="tolerance" options=${['none', 'confusables', 'one_edit']} chosen=${entry?.tolerance ?? 'none'} />
        <${Field} label=${t('search.region')} name="region" maxlength="6" hint=${t('search.region.hint')} defaultValue=${entry?.region} error=${errorOf(problem, 'region')} />
        <${Field} label=${t('wanted.why')} name="reason" maxlength="500" defaultValue=${entry?.reason} error=${errorOf(problem, 'reason')} />
        <${Field} label=${t('passage.hold.case')} name="case" maxlength="100" defaultValue=${entry?.case_number} error=${errorOf(problem, 'case_number')} />
        <${Field} label=${t('wanted.vehicle')} name="vehicle" maxlength="200" defaultValue=${entry?.vehicle} error=${errorOf(problem, 'vehicle')} />
        <${Field} label=${t('wanted.until')} name="until" type="datetime-local" defaultValue=${localOf(entry?.valid_until ?? '')} error=${errorOf(problem, 'valid_until')} />
        <${Check} label=${t('wanted.active')} name="active" checked=${entry?.active ?? true} />
        <${Check} label=${t('wanted.broad')} name="broad" checked=${false} />
        <${End} problem=${problem} busy=${busy} />
      </form>
    <//>`;
}

/** @param {FormData} form @param {string} name */
const text = (form, name) => String(form.get(name) ?? '').trim();

/** @param {{ label: string, name: string, of: string, options: string[], chosen: string }} props */
const Choices = ({ label, name, of, options, chosen }) => html`
  <${Field} as="select" label=${label} name=${name}>
    ${options.map(
      one =>
        html`<option key=${one} value=${one} selected=${one === chosen}>${word(of, one || 'auto')}</option>`,
    )}
  <//>`;

/** @param {{ label: string, name: string, checked: boolean }} props */
const Check = ({ label, name, checked }) => html`
  <label class="row"><input type="checkbox" name=${name} defaultChecked=${checked} />${label}</label>`;

/** @param {{ problem: unknown, busy: boolean }} props */
const End = ({ problem, busy }) => html`
  ${problem ? html`<p class="error" role="alert">${problemText(problem)}</p>` : null}
  <${Button} kind="primary" type="submit" busy=${busy}>${t('wanted.save')}<//>`;
