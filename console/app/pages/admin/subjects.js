// What is kept of one vehicle, for the person who asks for it: told, handed out, erased. Each is on record, with why.

import { useState } from 'preact/hooks';
import { eraseSubject, getSubject } from '../../api/operations.js';
import { Badge } from '../../components/badge.js';
import { Button } from '../../components/button.js';
import { EmptyFace, problemText } from '../../components/face.js';
import { errorOf, Field } from '../../components/field.js';
import { Check, FormDialog, typed, useSending } from '../../components/form.js';
import { Picture, Plate } from '../../components/plate.js';
import { Time } from '../../components/time.js';
import { toast, toastProblem } from '../../components/toast.js';
import { useCameras } from '../../lib/cameras.js';
import { save } from '../../lib/csv.js';
import { html } from '../../lib/html.js';
import { number, t, word } from '../../lib/i18n.js';
import { changeQuery, href, useRoute } from '../../lib/router.js';
import { counts } from './retention.js';

/** @typedef {import('../../api/schema.d.ts').SubjectOut} Subject */
/** @typedef {import('../../api/schema.d.ts').ErasureOut} Erasure */
/** @typedef {{ plate: string, reason: string, subject: Subject }} Found */

const PAGE = 50;

export default function Subjects() {
  const { query } = useRoute();
  const [found, setFound] = useState(/** @type {Found | null} */ (null));
  const [erased, setErased] = useState(/** @type {Erasure | null} */ (null));
  const { busy, problem, submit } = useSending(
    async form => {
      const plate = typed(form, 'plate');
      const reason = typed(form, 'reason');
      return { plate, reason, subject: await getSubject({ plate, reason, limit: PAGE }) };
    },
    answer => {
      setErased(null);
      setFound(answer);
      changeQuery({ plate: answer.plate });
    },
  );
  return html`
    <form class="card panel form" onSubmit=${submit} aria-label=${t('admin.subjects')}>
      <p class="hint">${t('admin.subjects.text')}</p>
      <div class="columns">
        <${Field} label=${t('search.plate')} name="plate" required maxlength="32" autocapitalize="characters" autocomplete="off" spellcheck=${false}
          defaultValue=${query.get('plate') ?? ''} hint=${t('admin.subjects.plate.hint')} error=${errorOf(problem, 'plate')} />
        <${Field} label=${t('search.reason')} name="reason" required minlength="3" maxlength="500" autocomplete="off" hint=${t('admin.subjects.reason.hint')} error=${errorOf(problem, 'reason')} />
      </div>
      ${problem ? html`<p class="error" role="alert">${problemText(problem)}</p>` : null}
      <div><${Button} kind="primary" icon="search" type="submit" busy=${busy}>${t('admin.subjects.find')}<//></div>
    </form>
    ${erased && html`<${Done} erased=${erased} />`}
    ${
      found &&
      !erased &&
      html`<${Kept} key=${found.subject.plate} found=${found} onErased=${(/** @type {Erasure} */ done) => {
        setErased(done);
        setFound(null);
      }} />`
    }`;
}

/** @param {{ found: Found, onErased: (done: Erasure) => void }} props */
function Kept({ found, onErased }) {
  const { subject } = found;
  const [items, setItems] = useState(subject.items);
  const [cursor, setCursor] = useState(subject.next_cursor);
  const [erasing, setErasing] = useState(false);
  const [busy, setBusy] = useState(false);
  const page = (/** @type {string} */ at) =>
    getSubject({ plate: found.plate, reason: found.reason, limit: 200, cursor: at });
  /** @param {() => Promise<void>} run */
  const doing = async run => {
    setBusy(true);
    try {
      await run();
    } catch (problem) {
      toastProblem(problem);
    }
    setBusy(false);
  };
  const more = () =>
    doing(async () => {
      if (!cursor) return;
      const next = await page(cursor);
      setItems([...items, ...next.items]);
      setCursor(next.next_cursor);
    });
  // Asked for anew: the links to pictures in it are good for an hour from now.
  const handOut = () =>
    doing(async () => {
      let next = await getSubject({ plate: found.plate, reason: found.reason, limit: 200 });
      const all = { ...next };
      while (next.next_cursor) {
        next = await page(next.next_cursor);
        all.items = [...all.items, ...next.items];
        all.item_hits = [...all.item_hits, ...next.item_hits];
      }
      const { next_cursor: _, ...document } = all;
      save(`${subject.plate}.json`, JSON.stringify(document, null, 2), 'application/json');
      toast(t('admin.subjects.saved'), { kind: 'good' });
    });
  if (subject.passages + subject.hits + subject.archives + subject.searches + subject.vehicles.length === 0) {
    return html`<${EmptyFace} title=${t('admin.subjects.nothing', { plate: subject.plate })}>${t('admin.subjects.nothing.text')}<//>`;
  }
  return html`
    <section class="card panel" aria-label=${t('admin.subjects.kept', { plate: subject.plate })}>
      <div class="row"><h2 class="grow"><${Plate} text=${subject.plate} /></h2>
        <${Button} icon="download" busy=${busy} onClick=${handOut}>${t('admin.subjects.export')}<//>
        <${Button} icon="trash" kind="danger" onClick=${() => setErasing(true)}>${t('admin.subjects.erase')}<//>
      </div>
      <${Counts} subject=${subject} />
      ${subject.vehicles.map(one => html`<p key=${one.id}>${t('admin.subjects.named', { name: one.name })} <span class="hint">${one.note}</span></p>`)}
      <${Passages} items=${items} />
      ${cursor && html`<${Button} kind="quiet" busy=${busy} onClick=${more}>${t('common.more')}<//>`}
    </section>
    ${erasing && html`<${Erase} found=${found} onClose=${() => setErasing(false)} onDone=${onErased} />`}`;
}

/** @param {{ subject: Subject }} props */
const Counts = ({ subject }) => html`
  <dl class="facts">
    ${
      /** @type {const} */ (['passages', 'hits', 'archives', 'searches']).map(
        name =>
          html`<div key=${name}><dt>${word('subject', name)}</dt><dd class="number">${number(subject[name])}</dd></div>`,
      )
    }
  </dl>`;

/** @param {{ items: Subject['items'] }} props */
function Passages({ items }) {
  const cameras = useCameras();
  return html`
    <ul class="wall">
      ${items.map(
        one => html`
          <li class="card" key=${one.id}>
            <a href=${href('search', { passage: one.id })}>
              <${Picture} src=${one.crop_url} alt=${t('plate.crop', { plate: one.effective_plate ?? '' })} />
              <span class="row"><${Plate} text=${one.effective_plate} region=${one.effective_region} size="small" /></span>
              <span class="hint"><${Time} at=${one.captured_at} zone=${cameras.get(one.camera_id)?.time_zone} style="short" /> · ${cameras.get(one.camera_id)?.name ?? '…'}</span>
            </a>
          </li>`,
      )}
    </ul>`;
}

/** @param {{ found: Found, onClose: () => void, onDone: (done: Erasure) => void }} props */
const Erase = ({ found, onClose, onDone }) => html`
  <${FormDialog} title=${t('admin.subjects.erase.title', { plate: found.subject.plate })} action=${t('admin.subjects.erase.go', { plate: found.subject.plate })} danger
    onClose=${onClose} onDone=${onDone}
    send=${(/** @type {FormData} */ form) => eraseSubject({ plate: found.plate, reason: typed(form, 'reason'), include_hits: form.has('hits') })}>
    ${(/** @type {(name: string) => string | undefined} */ error) => html`
      <ul class="says">
        <li>${t('admin.subjects.erase.goes', { count: found.subject.passages })}</li>
        <li>${t('admin.subjects.erase.archives', { count: found.subject.archives })}</li>
        ${found.subject.vehicles.length > 0 && html`<li>${t('admin.subjects.erase.name')}</li>`}
        <li>${t('admin.subjects.erase.held')}</li>
        <li>${t('admin.subjects.erase.hits', { count: found.subject.hits })}</li>
        <li><strong>${t('admin.subjects.erase.ever')}</strong></li>
      </ul>
      <${Check} label=${t('admin.subjects.erase.include')} name="hits" />
      <${Field} label=${t('passage.hold.reason')} name="reason" required minlength="3" maxlength="500" defaultValue=${found.reason} error=${error('reason')} />`}
  <//>`;

/** @param {{ erased: Erasure }} props */
const Done = ({ erased }) => html`
  <section class="card panel" aria-label=${t('admin.subjects.done')}>
    <div class="row" role="status"><h2 class="grow">${t('admin.subjects.done')}</h2>
      <${Badge} kind=${erased.complete ? 'good' : 'warn'}>${erased.complete ? t('admin.subjects.complete') : t('admin.subjects.incomplete')}<//></div>
    <p>${t('admin.subjects.deleted', { what: counts(erased.deleted) })}</p>
    ${erased.held > 0 && html`<p>${t('admin.subjects.held', { count: erased.held })}</p>`}
    ${erased.wanted > 0 && html`<p>${t('admin.subjects.wanted', { count: erased.wanted })}</p>`}
    ${erased.unread > 0 && html`<p>${t('admin.subjects.unread', { count: erased.unread })}</p>`}
    <p class="hint">${t('admin.subjects.receipt', { id: erased.receipt_id })} <a href=${href('admin/retention')}>${t('admin.receipts')}</a></p>
  </section>`;
