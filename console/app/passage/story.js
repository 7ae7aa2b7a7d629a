// What became of a passage: the hits it raised, and who said what of the read.

import { getVerdicts, listHits } from '../api/operations.js';
import { Badge, StatusBadge } from '../components/badge.js';
import { ProblemFace } from '../components/face.js';
import { Plate } from '../components/plate.js';
import { Time } from '../components/time.js';
import { html } from '../lib/html.js';
import { t, word } from '../lib/i18n.js';
import { useLoad } from '../lib/load.js';

/** @typedef {import('../api/schema.d.ts').EventOut} Passage */

/** @param {{ passage: Passage }} props */
export function Hits({ passage }) {
  const { data, problem, again } = useLoad(
    signal => listHits({ event_id: passage.id, limit: 50 }, { signal }),
    passage.id,
  );
  if (problem && !data)
    return html`<section><h3>${t('passage.hits')}</h3><${ProblemFace} problem=${problem} retry=${again} /></section>`;
  if (!data || data.items.length === 0) return null;
  return html`
    <section>
      <h3>${t('passage.hits')}</h3>
      <ul class="stack">
        ${data.items.map(
          hit => html`
            <li class="hit" key=${hit.id}>
              <div class="row">
                <${StatusBadge} of="hit_status" value=${hit.status} />
                <strong>${hit.list.name}</strong>
                <${StatusBadge} of="priority" value=${hit.list.priority} />
              </div>
              <p>${t('passage.hit.how', { plate: hit.plate, pattern: hit.bolo.pattern, how: word('matched_by', hit.matched_by) })}</p>
              <p class="hint">${[hit.bolo.reason, hit.bolo.case_number, hit.bolo.vehicle].filter(Boolean).join(' · ')}</p>
              ${hit.region_differs && html`<p class="hint">${t('passage.hit.region', { wanted: hit.wanted_region ?? '', read: hit.read_region ?? '' })}</p>`}
              ${!hit.alert && html`<p class="hint">${hit.historical ? t('passage.hit.historical') : t('passage.hit.repeat')}</p>`}
            </li>`,
        )}
      </ul>
    </section>`;
}

/** @param {{ passage: Passage, zone: string | undefined }} props */
export function Verdicts({ passage, zone }) {
  const { data, problem, again } = useLoad(
    signal => getVerdicts({ event_id: passage.id }, { signal }),
    passage.id,
  );
  if (problem && !data)
    return html`<section><h3>${t('passage.verdicts')}</h3><${ProblemFace} problem=${problem} retry=${again} /></section>`;
  if (!data || data.items.length === 0) return null;
  return html`
    <section>
      <h3>${t('passage.verdicts')}</h3>
      <ol class="stack">
        ${data.items.map(
          verdict => html`
            <li key=${verdict.id} class=${`verdict ${verdict.undone_at ? 'undone' : ''}`}>
              <div class="row">
                <${StatusBadge} of="review_status" value=${verdict.verdict} />
                ${verdict.plate && html`<${Plate} text=${verdict.plate} region=${verdict.region} size="small" />`}
                ${verdict.second_opinion && html`<${Badge} kind="info">${t('passage.second')}<//>`}
                ${verdict.undone_at && html`<${Badge} kind="dim">${t('passage.undone')}<//>`}
              </div>
              <p class="hint"><${Time} at=${verdict.created_at} zone=${zone} />${verdict.reviewer ? ` · ${verdict.reviewer}` : ''}</p>
              ${verdict.reject_reason && html`<p>${word('reject_reason', verdict.reject_reason)}</p>`}
              ${verdict.note && html`<p>${verdict.note}</p>`}
            </li>`,
        )}
      </ol>
    </section>`;
}
