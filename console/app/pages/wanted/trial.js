// What an entry would have matched, before it is saved; and searching back for one that is there.

import { useState } from 'preact/hooks';
import { previewBolo, searchBack } from '../../api/operations.js';
import { Badge } from '../../components/badge.js';
import { Button } from '../../components/button.js';
import { Dialog } from '../../components/dialog.js';
import { problemText } from '../../components/face.js';
import { Choices, typed, useSending } from '../../components/form.js';
import { Picture, Plate } from '../../components/plate.js';
import { Time } from '../../components/time.js';
import { useCameras } from '../../lib/cameras.js';
import { html } from '../../lib/html.js';
import { number, t, word } from '../../lib/i18n.js';
import { needReason, reason } from '../../lib/reason.js';
import { href } from '../../lib/router.js';
import { plateOf } from '../../passage/passage.js';

/** @typedef {import('../../api/schema.d.ts').PreviewOut} Preview */
/** @typedef {import('../../api/schema.d.ts').BackSearchOut} BackSearch */

const DAYS = 30;
const SHOWN = 12;
const TIMEOUT_MS = 60_000;

/**
 * A trial of what stands in a form.
 * @param {() => { pattern: string, kind: any, tolerance: any, region: string | null }} looksFor
 */
export function useTrial(looksFor) {
  const [state, setState] = useState(
    /** @type {{ busy: boolean, problem: unknown, found: Preview | null }} */ ({
      busy: false,
      problem: null,
      found: null,
    }),
  );
  const run = async () => {
    // It tells where vehicles were, as a search does.
    const why = await needReason();
    if (!why) return;
    setState(now => ({ ...now, busy: true, problem: null }));
    try {
      const body = { ...looksFor(), days: DAYS, reason: why };
      const found = await previewBolo({ body }, { timeoutMs: TIMEOUT_MS });
      setState({ busy: false, problem: null, found });
    } catch (problem) {
      setState({ busy: false, problem, found: null });
    }
  };
  return { ...state, run, forget: () => setState({ busy: false, problem: null, found: null }) };
}

/** @param {{ trial: ReturnType<typeof useTrial> }} props */
export function Trial({ trial }) {
  const cameras = useCameras();
  const { found } = trial;
  if (!found) return null;
  return html`
    <section class="trial" aria-label=${t('wanted.trial')}>
      <${Result} found=${found} />
      <ul class="wall">
        ${found.sample.slice(0, SHOWN).map(
          ({ event, matched_by, region_differs }) => html`
            <li key=${event.id} class="card">
              <a href=${href('search', { passage: event.id })} target="_blank">
                <${Picture} src=${event.crop_url} alt="" />
                <span class="row"><${Plate} text=${plateOf(event)} region=${event.effective_region} size="small" /><${Badge} kind=${region_differs ? 'warn' : 'info'}>${word('matched_by', matched_by)}<//></span>
                <span class="hint"><${Time} at=${event.captured_at} zone=${cameras.get(event.camera_id)?.time_zone} style="short" /> · ${cameras.get(event.camera_id)?.name ?? '…'}</span>
              </a>
            </li>`,
        )}
      </ul>
      ${found.matched > SHOWN && html`<p class="hint">${t('wanted.trial.newest', { count: Math.min(SHOWN, found.sample.length) })}</p>`}
    </section>`;
}

/** @param {{ found: BackSearch }} props */
const Result = ({ found }) => html`
  <p role="status"><strong>${t('wanted.trial.found', { count: found.matched })}</strong> <${Time} at=${found.since} style="date" /></p>
  ${
    Object.keys(found.by).length > 0 &&
    html`<p class="row">${Object.entries(found.by).map(([how, count]) => html`<${Badge} kind="info">${word('matched_by', how)}: ${number(count)}<//>`)}</p>`
  }
  ${!found.complete && html`<p class="hint">${t('wanted.trial.incomplete')}</p>`}`;

/** @param {{ entry: import('../../api/schema.d.ts').EntryOut, onClose: () => void }} props */
export function SearchBackDialog({ entry, onClose }) {
  const [found, setFound] = useState(/** @type {BackSearch | null} */ (null));
  const send = async (/** @type {FormData} */ form) => {
    const why = await needReason();
    if (!why) return null;
    const body = { days: Number(typed(form, 'days')), reason: reason.get() };
    return searchBack({ bolo_id: entry.id, body }, { timeoutMs: TIMEOUT_MS });
  };
  const { busy, problem, submit } = useSending(send, answer => answer && setFound(answer));
  const days = ['1', '7', '30', '90'].map(value => ({
    value,
    text: t('wanted.days', { count: Number(value) }),
  }));
  return html`
    <${Dialog} title=${t('wanted.back.title', { pattern: entry.pattern })} onClose=${onClose}>
      <form class="form" onSubmit=${submit}>
        <p class="hint">${t('wanted.back.text')}</p>
        <${Choices} label=${t('wanted.back.days')} name="days" options=${days} chosen="30" />
        ${problem ? html`<p class="error" role="alert">${problemText(problem)}</p>` : null}
        ${found && html`<${Result} found=${found} />`}
        ${found && found.matched > 0 && html`<p><a href=${href('wanted/hits', { list: entry.list_id, status: 'any' })}>${t('wanted.hits')}</a></p>`}
        <${Button} kind="primary" type="submit" icon="search" busy=${busy}>${t('wanted.back.go')}<//>
      </form>
    <//>`;
}
