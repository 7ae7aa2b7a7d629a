// Forms of wanted plates: what the API has against a field stands at the field.

import { useRef } from 'preact/hooks';
import { changeBolo, createBolo } from '../../api/operations.js';
import { Button } from '../../components/button.js';
import { Dialog } from '../../components/dialog.js';
import { problemText } from '../../components/face.js';
import { Field, fieldErrors } from '../../components/field.js';
import { Check, Choices, FormDialog, typed, useSending } from '../../components/form.js';
import { localOf, utcOf } from '../../lib/filters.js';
import { html } from '../../lib/html.js';
import { t, word } from '../../lib/i18n.js';
import { Trial, useTrial } from './trial.js';

/** @typedef {import('../../api/schema.d.ts').ListOut} List */
/** @typedef {import('../../api/schema.d.ts').ListIn} ListIn */
/** @typedef {import('../../api/schema.d.ts').EntryOut} Entry */

/** @param {string[]} values @param {(value: string) => string} name */
const options = (values, name) => values.map(value => ({ value, text: name(value) }));

/** @param {{ list: List | null, save: (body: ListIn) => Promise<void>, onClose: () => void }} props null for a new one */
export function ListDialog({ list, save, onClose }) {
  const send = (/** @type {FormData} */ form) =>
    save({
      name: typed(form, 'name'),
      description: typed(form, 'description'),
      priority: /** @type {any} */ (typed(form, 'priority')),
      alert_interval_s: Number(form.get('interval')),
      active: form.has('active'),
    });
  return html`
    <${FormDialog} title=${list ? t('wanted.list.change') : t('wanted.list.new')} send=${send} onClose=${onClose}>
      ${(/** @type {(name: string) => string | undefined} */ error) => html`
        <${Field} label=${t('wanted.list')} name="name" required maxlength="100" autofocus defaultValue=${list?.name} error=${error('name')} />
        <${Field} label=${t('wanted.about')} name="description" maxlength="1000" defaultValue=${list?.description} error=${error('description')} />
        <${Choices} label=${t('wanted.priority')} name="priority" options=${options(['low', 'normal', 'high', 'critical'], value => word('priority', value))} chosen=${list?.priority ?? 'normal'} />
        <${Field} label=${t('wanted.interval')} name="interval" type="number" min="0" required defaultValue=${list?.alert_interval_s ?? 300} error=${error('alert_interval_s')} />
        <${Check} label=${t('wanted.active')} name="active" checked=${list?.active ?? true} />`}
    <//>`;
}

/** What an entry looks for, as it stands in the form. @param {FormData} form */
const looksFor = form => ({
  pattern: typed(form, 'pattern'),
  kind: /** @type {any} */ (typed(form, 'kind') || null),
  tolerance: /** @type {any} */ (typed(form, 'tolerance')),
  region: typed(form, 'region').toLowerCase() || null,
});

/** @param {{ list: List, entry: Entry | null, onSaved: () => void, onClose: () => void }} props null for a new one */
export function EntryDialog({ list, entry, onSaved, onClose }) {
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));
  const trial = useTrial(() => looksFor(new FormData(/** @type {HTMLFormElement} */ (form.current))));
  const send = (/** @type {FormData} */ data) => {
    trial.forget();
    const body = {
      ...looksFor(data),
      reason: typed(data, 'reason'),
      case_number: typed(data, 'case') || null,
      vehicle: typed(data, 'vehicle'),
      valid_until: utcOf(typed(data, 'until')) || null,
      active: data.has('active'),
      confirm_broad: data.has('broad'),
    };
    return entry
      ? changeBolo({ bolo_id: entry.id, body })
      : createBolo({ body: { ...body, list_id: list.id } });
  };
  const saving = useSending(send, () => {
    onSaved();
    onClose();
  });
  const problem = trial.problem ?? saving.problem;
  const { at: error, rest } = fieldErrors(problem);
  const kinds = [...(entry ? [] : ['']), 'exact', 'wildcard', 'regex'];
  const footer = html`
    <${Button} icon="search" busy=${trial.busy} onClick=${() => form.current?.reportValidity() && trial.run()}>${t('wanted.trial.run')}<//>
    <${Button} kind="primary" type="submit" form="entry-form" busy=${saving.busy}>${t('wanted.save')}<//>`;
  return html`
    <${Dialog} wide title=${entry ? t('wanted.entry.change') : t('wanted.entry.new')} onClose=${onClose} footer=${footer}>
      <form class="form columns" id="entry-form" ref=${form} onSubmit=${saving.submit}>
        <${Field} label=${t('search.plate')} name="pattern" required autofocus maxlength="200" autocapitalize="characters" autocomplete="off" spellcheck=${false}
          hint=${t('search.hint')} defaultValue=${entry?.pattern} error=${error('pattern')} />
        <${Choices} label=${t('wanted.kind')} name="kind" options=${options(kinds, value => word('bolo_kind', value || 'auto'))} chosen=${entry?.kind ?? ''} error=${error('kind')} />
        <${Choices} label=${t('wanted.tolerance')} name="tolerance" options=${options(['none', 'confusables', 'one_edit'], value => word('tolerance', value))} chosen=${entry?.tolerance ?? 'none'} error=${error('tolerance')} />
        <${Field} label=${t('search.region')} name="region" maxlength="6" hint=${t('search.region.hint')} defaultValue=${entry?.region} error=${error('region')} />
        <${Field} label=${t('wanted.why')} name="reason" maxlength="500" defaultValue=${entry?.reason} error=${error('reason')} />
        <${Field} label=${t('passage.hold.case')} name="case" maxlength="100" defaultValue=${entry?.case_number} error=${error('case_number')} />
        <${Field} label=${t('wanted.vehicle')} name="vehicle" maxlength="200" defaultValue=${entry?.vehicle} error=${error('vehicle')} />
        <${Field} label=${t('wanted.until')} name="until" type="datetime-local" defaultValue=${localOf(entry?.valid_until ?? '')} error=${error('valid_until')} />
        <div class="whole">
          <${Check} label=${t('wanted.active')} name="active" checked=${entry?.active ?? true} />
          <${Check} label=${t('wanted.broad')} name="broad" />
        </div>
        ${rest() ? html`<p class="error whole" role="alert">${problemText(problem)}</p>` : null}
      </form>
      <${Trial} trial=${trial} />
    <//>`;
}
