// One passage, beside the list that it was opened from.

import { useEffect, useRef } from 'preact/hooks';
import { getEvent } from '../api/operations.js';
import { StatusBadge } from '../components/badge.js';
import { Button } from '../components/button.js';
import { Loading, ProblemFace } from '../components/face.js';
import { Picture, Plate, Score } from '../components/plate.js';
import { Time } from '../components/time.js';
import { toast } from '../components/toast.js';
import { useCameras } from '../lib/cameras.js';
import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { useLoad } from '../lib/load.js';
import { may } from '../lib/session.js';
import { Frame } from './frame.js';
import { Hold } from './hold.js';
import { Known } from './known.js';
import { Others } from './others.js';
import { Reads } from './reads.js';
import { printSheet } from './sheet.js';
import { Hits, Verdicts } from './story.js';

/** @typedef {import('../api/schema.d.ts').EventOut} Passage */

/** The plate that people and machine together say it is; what was read, where they rejected it.
 * @param {Passage} passage
 */
export const plateOf = passage =>
  passage.readable || passage.reviewed_plate ? (passage.effective_plate ?? passage.plate) : null;

/**
 * @param {{ id: string, onClose: () => void, onNamed?: () => void }} props `onNamed` is told that a vehicle's name has changed
 */
export function PassageAside({ id, onClose, onNamed }) {
  const { data, problem, loading, again } = useLoad(signal => getEvent({ event_id: id }, { signal }), id);
  const ref = useRef(/** @type {HTMLElement | null} */ (null));
  // Another passage is another thing to look at
  useEffect(() => {
    const before = document.activeElement;
    ref.current?.focus({ preventScroll: true });
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, [id]);
  const named = () => {
    again();
    onNamed?.();
  };
  /** @param {KeyboardEvent} event */
  const keys = event => {
    if (event.key === 'Escape' && !event.defaultPrevented) onClose();
  };
  return html`
    <aside class="passage card" aria-label=${t('passage.title')} tabindex="-1" ref=${ref} onKeyDown=${keys}>
      ${!data && loading && html`<${Loading} />`}
      ${!data && !loading && problem && html`<${ProblemFace} problem=${problem} retry=${again} />`}
      ${!data && html`<${Button} class="away" icon="close" kind="quiet" label=${t('common.close')} onClick=${onClose} />`}
      ${data && html`<${Whole} key=${data.id} passage=${data} onClose=${onClose} onNamed=${named} />`}
    </aside>`;
}

/** @param {{ passage: Passage, onClose: () => void, onNamed: () => void }} props */
function Whole({ passage, onClose, onNamed }) {
  const camera = useCameras().get(passage.camera_id);
  const plate = plateOf(passage);
  const rejected = passage.review_status === 'rejected';
  return html`
    <header>
      <h2><${Plate} text=${plate} region=${passage.effective_region} size="large" struck=${rejected} /></h2>
      <${Button} icon="close" kind="quiet" label=${t('common.close')} onClick=${onClose} />
    </header>
    <${Known} passage=${passage} plate=${plate} onNamed=${onNamed} />
    <div class="row tags">
      <${StatusBadge} of="review_status" value=${passage.review_status} />
      ${passage.readable && html`<${Score} value=${passage.score} />`}
      <span class="hint">${camera?.name ?? '…'} · <${Time} at=${passage.captured_at} zone=${camera?.time_zone} /></span>
    </div>
    <div class="row actions">
      <${Button} icon="link" onClick=${() => copyLink(passage)}>${t('passage.copy')}<//>
      <${Button} icon="print" onClick=${() => printSheet(passage, camera)}>${t('passage.print')}<//>
      ${may('reviewer') && html`<a class="button" href=${`#/review?passage=${passage.id}`}>${t('passage.review')}</a>`}
    </div>
    <${Frame} passage=${passage} plate=${plate} />
    <div class="crop"><${Picture} src=${passage.crop_url} alt=${t('plate.crop', { plate: plate ?? t('plate.unread') })} eager /></div>
    <${Reads} passage=${passage} />
    <${Hits} passage=${passage} />
    ${may('reviewer') && html`<${Verdicts} passage=${passage} zone=${camera?.time_zone} />`}
    ${plate && html`<${Others} passage=${passage} plate=${plate} />`}
    ${may('admin') && html`<${Hold} passage=${passage} />`}
    <${Facts} passage=${passage} zone=${camera?.time_zone} />`;
}

/** @param {{ passage: Passage, zone: string | undefined }} props */
function Facts({ passage, zone }) {
  const facts = [
    [
      t('passage.seen'),
      html`<${Time} at=${passage.first_seen_at} zone=${zone} style="clock" /> – <${Time} at=${passage.last_seen_at} zone=${zone} style="clock" />`,
    ],
    [
      t('passage.frames'),
      t('passage.frames.text', { seen: passage.frames_seen, agreeing: passage.frames_agreeing }),
    ],
    [t('passage.read'), html`<code>${passage.raw_plate || '–'}</code>`],
    [t('passage.detected'), passage.dscore.toFixed(2)],
    [
      t('passage.region'),
      passage.region
        ? `${passage.region.code} ${passage.region.score === null ? '' : `(${passage.region.score.toFixed(2)})`}`
        : '–',
    ],
    [t('passage.model'), passage.model ?? passage.engine],
    [t('passage.processed'), html`<${Time} at=${passage.processed_at} zone=${zone} />`],
    [t('passage.id'), html`<code>${passage.id}</code>`],
  ];
  return html`
    <section>
      <h3>${t('passage.facts')}</h3>
      <dl class="facts">${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
    </section>`;
}

/** @param {Passage} passage */
async function copyLink(passage) {
  const url = new URL(location.href);
  url.hash = `#/search?passage=${passage.id}`;
  try {
    await navigator.clipboard.writeText(url.href);
    toast(t('common.copied'), { kind: 'good' });
  } catch {
    // A browser that does not let pages write there: show what was to be copied.
    toast(url.href);
  }
}
