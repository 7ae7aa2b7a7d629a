import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { asking, askReason, reason } from '../lib/reason.js';
import { useStore } from '../lib/store.js';
import { Button } from './button.js';
import { Dialog } from './dialog.js';
import { Field } from './field.js';

/** Where the reason is asked for; once in the shell. */
export function ReasonQuestion() {
  const answer = useStore(asking);
  if (!answer) return null;
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    answer(String(form.get('reason')).trim() || null);
  };
  return html`
    <${Dialog} title=${t('search.reason.title')} onClose=${() => answer(null)}>
      <form class="form" onSubmit=${submit}>
        <p class="hint">${t('search.reason.text')}</p>
        <${Field} label=${t('search.reason')} name="reason" required minlength="3" maxlength="500" autofocus
          autocomplete="off" defaultValue=${reason.get()} />
        <${Button} kind="primary" type="submit">${t('search.reason.go')}<//>
      </form>
    <//>`;
}

/** The reason that is remembered, with a way to change it. */
export function ReasonChip() {
  const given = useStore(reason);
  if (!given) return null;
  return html`<${Button} kind="quiet" icon="lock" class="reason" onClick=${askReason}>${t('search.reason.change', { reason: given })}<//>`;
}
