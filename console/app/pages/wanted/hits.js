// The hits as an inbox: those that nobody has judged first, each judged where it stands.

import { useState } from 'preact/hooks';
import { judgeHit, listHits } from '../../api/operations.js';
import { StatusBadge } from '../../components/badge.js';
import { Button } from '../../components/button.js';
import { EmptyFace } from '../../components/face.js';
import { Field } from '../../components/field.js';
import { FormDialog, typed } from '../../components/form.js';
import { More, usePages } from '../../components/pager.js';
import { Picture, Plate } from '../../components/plate.js';
import { Time } from '../../components/time.js';
import { toast, toastProblem } from '../../components/toast.js';
import { KnownAs } from '../../components/vehicle.js';
import { useCameras } from '../../lib/cameras.js';
import { html } from '../../lib/html.js';
import { t, word } from '../../lib/i18n.js';
import { changeQuery, href, useRoute } from '../../lib/router.js';
import { may } from '../../lib/session.js';

/** @typedef {import('../../api/schema.d.ts').HitOut} Hit */
/** @typedef {import('../../api/schema.d.ts').HitStatus} HitStatus */

const PAGE = 30;
/** @type {HitStatus[]} What a person says of a hit. */
const DISPOSITIONS = ['verified', 'wrong_read', 'wrong_vehicle', 'dismissed'];

export function Inbox() {
  const { query } = useRoute();
  const status = query.get('status') ?? 'unverified';
  const list = query.get('list');
  const pages = usePages(
    (cursor, signal) =>
      listHits(
        {
          limit: PAGE,
          list_id: list,
          status: status === 'any' ? null : /** @type {HitStatus} */ (status),
          ...(cursor ? { cursor } : {}),
        },
        { signal },
      ),
    `${status} ${list}`,
  );
  const [noted, setNoted] = useState(/** @type {Hit | null} */ (null));
  const replace = (/** @type {Hit} */ changed) =>
    pages.update(now => now.map(one => (one.id === changed.id ? changed : one)));
  /** @param {Hit} hit @param {HitStatus} said */
  const judge = async (hit, said) => {
    try {
      const judged = await judgeHit({ hit_id: hit.id, body: { status: said, note: hit.status_note } });
      // It stays where it is until the list is asked for anew: nothing moves under the hand.
      replace(judged);
      const before = hit.status;
      toast(t('wanted.judged', { plate: hit.plate, status: word('hit_status', said) }), {
        kind: 'good',
        ...(before === said || before === 'withdrawn'
          ? {}
          : { action: { label: t('review.undo'), run: () => judge(judged, before) } }),
      });
    } catch (problem) {
      toastProblem(problem);
    }
  };
  return html`
    <div class="inbox-filters">
      <${Field} as="select" label=${t('wanted.show')} value=${status}
        onChange=${(/** @type {any} */ event) => changeQuery({ status: event.currentTarget.value })}>
        ${['unverified', ...DISPOSITIONS, 'withdrawn'].map(one => html`<option key=${one} value=${one}>${word('hit_status', one)}</option>`)}
        <option value="any">${t('common.any')}</option>
      <//>
      ${list && html`<${Button} kind="quiet" icon="close" onClick=${() => changeQuery({ list: null })}>${t('search.clear')}<//>`}
    </div>
    <ul class="inbox">
      ${pages.items.map(hit => html`<${HitCard} key=${hit.id} hit=${hit} onNote=${() => setNoted(hit)} onJudge=${(/** @type {HitStatus} */ said) => judge(hit, said)} />`)}
    </ul>
    ${
      pages.fresh && !pages.loading && !pages.problem && pages.items.length === 0
        ? html`<${EmptyFace} icon="wanted" title=${t('wanted.hits.none')} />`
        : html`<${More} pages=${pages} />`
    }
    ${noted && html`<${NoteDialog} hit=${noted} onClose=${() => setNoted(null)} onDone=${replace} />`}`;
}

/** @param {{ hit: Hit, onNote: () => void, onJudge: (said: HitStatus) => void }} props */
function HitCard({ hit, onNote, onJudge }) {
  const camera = useCameras().get(hit.event.camera_id);
  return html`
    <li class="card hit-card">
      <a class="pictured" href=${href('search', { passage: hit.event.id })} aria-label=${t('review.passage', { plate: hit.plate })}>
        <${Picture} src=${hit.event.crop_url} alt="" />
      </a>
      <div class="grow words">
        <div class="row">
          <${Plate} text=${hit.plate} region=${hit.event.effective_region} />
          <${KnownAs} passage=${hit.event} />
          <${StatusBadge} of="hit_status" value=${hit.status} />
          <${StatusBadge} of="priority" value=${hit.list.priority} />
        </div>
        <p><strong>${hit.list.name}</strong> · ${t('passage.hit.how', { plate: hit.plate, pattern: hit.bolo.pattern, how: word('matched_by', hit.matched_by) })}</p>
        <p class="hint">${[hit.bolo.reason, hit.bolo.case_number, hit.bolo.vehicle].filter(Boolean).join(' · ')}</p>
        <p class="hint"><${Time} at=${hit.captured_at} zone=${camera?.time_zone} /> · ${camera?.name ?? '…'}</p>
        ${hit.region_differs && html`<p class="hint">${t('passage.hit.region', { wanted: hit.wanted_region ?? '', read: hit.read_region ?? '' })}</p>`}
        ${!hit.alert && html`<p class="hint">${hit.historical ? t('passage.hit.historical') : t('passage.hit.repeat')}</p>`}
        ${hit.status_note && html`<p>${hit.status_note}</p>`}
        <${Story} hit=${hit} />
      </div>
      ${
        may('reviewer') &&
        hit.status !== 'withdrawn' &&
        html`
          <div class="row judge" role="group" aria-label=${t('wanted.judge', { plate: hit.plate })}>
            ${DISPOSITIONS.map(
              one =>
                html`<${Button} key=${one} kind=${one === hit.status ? 'primary' : 'plain'} aria-pressed=${String(one === hit.status)}
                  onClick=${() => onJudge(one)}>${word('hit_status', one)}<//>`,
            )}
            ${hit.status !== 'unverified' && html`<${Button} kind="quiet" aria-label=${t('wanted.note.of', { plate: hit.plate })} onClick=${onNote}>${t('wanted.note')}<//>`}
          </div>`
      }
    </li>`;
}

/** What became of it, and when: in the zone of whoever reads, since it happened at no camera. @param {{ hit: Hit }} props */
function Story({ hit }) {
  const steps = [
    { what: t('wanted.story.raised'), at: hit.created_at },
    { what: t('wanted.story.told'), at: hit.first_notified_at },
    { what: word('hit_status', hit.status), at: hit.status_at },
  ].filter(step => step.at);
  return html`
    <ol class="story" aria-label=${t('wanted.story')}>
      ${steps.map(step => html`<li key=${step.what}>${step.what} <${Time} at=${step.at} style="short" /></li>`)}
    </ol>`;
}

/** @param {{ hit: Hit, onClose: () => void, onDone: (hit: Hit) => void }} props */
function NoteDialog({ hit, onClose, onDone }) {
  const send = (/** @type {FormData} */ form) =>
    judgeHit({ hit_id: hit.id, body: { status: hit.status, note: typed(form, 'note') } });
  return html`
    <${FormDialog} title=${t('wanted.note.of', { plate: hit.plate })} send=${send} onClose=${onClose} onDone=${onDone}>
      ${(/** @type {(name: string) => string | undefined} */ error) => html`
        <${Field} as="textarea" rows="4" label=${t('wanted.note')} name="note" maxlength="1000" autofocus defaultValue=${hit.status_note} error=${error('note')} />`}
    <//>`;
}
