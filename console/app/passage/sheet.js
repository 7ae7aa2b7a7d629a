// The evidence sheet of one passage: a page of its own to print, with all that tells where it came from.

import { render } from 'preact';
import { takeEvidence } from '../api/operations.js';
import { Plate } from '../components/plate.js';
import { timeText, utcText } from '../components/time.js';
import { toastProblem } from '../components/toast.js';
import { html } from '../lib/html.js';
import { t, word } from '../lib/i18n.js';
import { needReason } from '../lib/reason.js';

/** @typedef {import('../api/schema.d.ts').EventOut} Passage */

/**
 * @param {Passage} passage
 * @param {import('../lib/cameras.js').Camera | undefined} camera
 */
export async function printSheet(passage, camera) {
  const why = await needReason();
  if (!why) return;
  try {
    const proof = await takeEvidence({ event_id: passage.id, body: { reason: why } });
    const place = document.createElement('div');
    place.className = 'sheet-place';
    document.body.append(place);
    render(html`<${Sheet} passage=${passage} camera=${camera} proof=${proof} why=${why} />`, place);
    await Promise.all([...place.querySelectorAll('img')].map(image => image.decode().catch(() => undefined)));
    document.documentElement.classList.add('printing');
    print();
    document.documentElement.classList.remove('printing');
    place.remove();
  } catch (problem) {
    toastProblem(problem);
  }
}

/**
 * @param {{ passage: Passage, camera: import('../lib/cameras.js').Camera | undefined, proof: import('../api/schema.d.ts').EvidenceOut, why: string }} props
 */
function Sheet({ passage, camera, proof, why }) {
  const zone = camera?.time_zone;
  const facts = [
    [t('sheet.plate'), passage.effective_plate ?? passage.plate],
    [t('sheet.machine'), `${passage.plate} (${t('plate.score')} ${passage.score.toFixed(2)})`],
    [t('passage.model'), passage.model ?? passage.engine],
    [t('sheet.review'), word('review_status', passage.review_status)],
    [t('common.camera'), camera?.name ?? passage.camera_id],
    [t('sheet.captured'), `${timeText(passage.captured_at, { zone })} (${zone ?? 'UTC'})`],
    [t('sheet.utc'), utcText(passage.captured_at)],
    [t('sheet.passage'), passage.id],
    [t('sheet.file'), `${proof.file_name}, ${proof.upload_id}`],
    [t('sheet.hash'), proof.source_sha256 ?? '–'],
    [t('sheet.frame'), String(passage.best_frame)],
    [t('sheet.why'), why],
    [t('sheet.by'), `${proof.taken_by}, ${utcText(proof.taken_at)}`],
    [t('sheet.audit'), `${proof.audit_seq}, ${proof.audit_hash}`],
  ];
  return html`
    <article class="sheet">
      <h1>${t('sheet.title')}</h1>
      <${Plate} text=${passage.effective_plate ?? passage.plate} region=${passage.effective_region} size="large" />
      ${passage.frame_url && html`<img class="whole" src=${passage.frame_url} alt="" />`}
      ${passage.crop_url && html`<img class="cut-out" src=${passage.crop_url} alt="" />`}
      <table><tbody>${facts.map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`)}</tbody></table>
    </article>`;
}
