// A legal hold: what a case needs is not deleted in its time.

import { useState } from 'preact/hooks';
import { listHolds, placeHold } from '../api/operations.js';
import { Badge } from '../components/badge.js';
import { Button } from '../components/button.js';
import { Dialog } from '../components/dialog.js';
import { problemText } from '../components/face.js';
import { errorOf, Field } from '../components/field.js';
import { toast } from '../components/toast.js';
import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { useLoad } from '../lib/load.js';
import { reason } from '../lib/reason.js';

/** @typedef {import('../api/schema.d.ts').EventOut} Passage */
/** @typedef {import('../api/schema.d.ts').HoldOut} HoldOut */

/**
 * Whether a hold is of this passage, as far as it can be told by plate, camera and time.
 * @param {HoldOut} hold
 * @param {Passage} passage
 */
const holds = (hold, passage) =>
  (hold.plate !== null || hold.camera_id !== null) &&
  (hold.plate === null || hold.plate === passage.plate_normalized || hold.plate === passage.reviewed_plate) &&
  (hold.camera_id === null || hold.camera_id === passage.camera_id) &&
  (hold.captured_from === null || hold.captured_from <= passage.captured_at) &&
  (hold.captured_to === null || passage.captured_at < hold.captured_to);

/** @param {{ passage: Passage }} props */
export function Hold({ passage }) {
  const { data, again } = useLoad(signal => listHolds({}, { signal }), passage.id);
  const [asking, setAsking] = useState(false);
  const found = (data?.items ?? []).filter(hold => holds(hold, passage));
  return html`
    <section>
      <h3>${t('passage.hold')}</h3>
      <ul class="stack">
        ${found.map(hold => html`<li key=${hold.id} class="row"><${Badge} kind="warn">${hold.case_number}<//><span>${hold.reason}</span></li>`)}
      </ul>
      ${found.length === 0 && html`<p class="hint">${t('passage.hold.none')}</p>`}
      <div><${Button} icon="lock" onClick=${() => setAsking(true)}>${t('passage.hold.place')}<//></div>
      ${asking && html`<${HoldDialog} passage=${passage} onClose=${() => setAsking(false)} onPlaced=${again} />`}
    </section>`;
}

/** @param {{ passage: Passage, onClose: () => void, onPlaced: () => void }} props */
function HoldDialog({ passage, onClose, onPlaced }) {
  const [problem, setProblem] = useState(/** @type {unknown} */ (null));
  const submit = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    const at = Date.parse(passage.captured_at);
    // The passage and a second around it: a hold is of a camera and a time, and another vehicle's is not to be kept.
    const body = {
      case_number: String(form.get('case')),
      reason: String(form.get('reason')),
      camera_id: passage.camera_id,
      captured_from: new Date(at - 1000).toISOString(),
      captured_to: new Date(at + 1000).toISOString(),
      ...(passage.readable ? { plate: passage.effective_plate ?? passage.plate } : {}),
    };
    try {
      await placeHold({ body });
      toast(t('passage.hold.placed'), { kind: 'good' });
      onPlaced();
      onClose();
    } catch (error) {
      setProblem(error);
    }
  };
  return html`
    <${Dialog} title=${t('passage.hold.place')} onClose=${onClose}>
      <form class="form" onSubmit=${submit}>
        <p class="hint">${t('passage.hold.text')}</p>
        <${Field} label=${t('passage.hold.case')} name="case" required maxlength="100" autofocus error=${errorOf(problem, 'case_number')} />
        <${Field} label=${t('passage.hold.reason')} name="reason" required minlength="3" maxlength="500" defaultValue=${reason.get()}
          error=${errorOf(problem, 'reason')} />
        ${problem ? html`<p class="error" role="alert">${problemText(problem)}</p>` : null}
        <${Button} kind="primary" type="submit">${t('passage.hold.place')}<//>
      </form>
    <//>`;
}
