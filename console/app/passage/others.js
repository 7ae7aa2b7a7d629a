// The other passages of a plate, as a line of time, on the map and as a list. Looking for them is a search, and so needs its reason.

import { useEffect, useState } from 'preact/hooks';
import { findEvents } from '../api/operations.js';
import { Button } from '../components/button.js';
import { Loading, ProblemFace } from '../components/face.js';
import { Time, timeText } from '../components/time.js';
import { toastProblem } from '../components/toast.js';
import { useCameras } from '../lib/cameras.js';
import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { needReason, reason } from '../lib/reason.js';
import { href, useRoute } from '../lib/router.js';
import { useStore } from '../lib/store.js';

/** @typedef {import('../api/schema.d.ts').EventOut} Passage */

const MOST = 50;
const LISTED = 6;

/** @param {{ passage: Passage, plate: string }} props */
export function Others({ passage, plate }) {
  const why = useStore(reason);
  const [asked, setAsked] = useState(why !== '');
  const [found, setFound] = useState(/** @type {Passage[] | null} */ (null));
  const [problem, setProblem] = useState(/** @type {unknown} */ (null));
  const [tries, setTries] = useState(0);
  // `tries` asks again
  useEffect(() => {
    if (!asked || !why) return undefined;
    const control = new AbortController();
    setProblem(null);
    findEvents({ plate, match: 'exact', reason: why, limit: MOST }, { signal: control.signal }).then(
      page => setFound(page.items),
      error => control.signal.aborted || setProblem(error),
    );
    return () => control.abort();
  }, [asked, why, plate, tries]);
  const ask = async () => {
    if (await needReason()) setAsked(true);
  };
  return html`
    <section>
      <h3>${t('passage.others')}</h3>
      ${!asked && html`<${Button} icon="search" onClick=${ask}>${t('passage.others.ask')}<//>`}
      ${problem ? html`<${ProblemFace} problem=${problem} retry=${() => setTries(tries + 1)} />` : null}
      ${asked && !found && !problem && html`<${Loading} />`}
      ${found && html`<${Line} passages=${found} current=${passage} /><${Way} passages=${found} /><${List} passages=${found} current=${passage} plate=${plate} />`}
    </section>`;
}

/** Where they were, on the map; it weighs much, so it comes when it is asked for. @param {{ passages: Passage[] }} props */
function Way({ passages }) {
  const cameras = useCameras();
  const [map, setMap] = useState(/** @type {{ WayMap: any } | null} */ (null));
  if (passages.length < 2) return null;
  const show = async () => {
    try {
      setMap({ WayMap: (await import('../map/way.js')).WayMap });
    } catch (problem) {
      toastProblem(problem);
    }
  };
  return map
    ? html`<${map.WayMap} passages=${passages} cameras=${cameras} />`
    : html`<${Button} icon="map" onClick=${show}>${t('passage.others.map')}<//>`;
}

/** @param {{ passages: Passage[], current: Passage }} props */
function Line({ passages, current }) {
  if (passages.length < 2) return null;
  const times = passages.map(one => Date.parse(one.captured_at));
  const first = Math.min(...times);
  const span = Math.max(...times) - first || 1;
  return html`
    <figure class="timeline">
      <svg viewBox="0 0 100 12" preserveAspectRatio="none" role="img" aria-label=${t('passage.timeline', { count: passages.length })}>
        <line x1="1" x2="99" y1="6" y2="6" vector-effect="non-scaling-stroke" />
        ${passages.map((one, index) => {
          const x = 2 + (96 * ((times[index] ?? first) - first)) / span;
          return html`<line class=${one.id === current.id ? 'mark current' : 'mark'} x1=${x} x2=${x} y1="1.5" y2="10.5" vector-effect="non-scaling-stroke" />`;
        })}
      </svg>
      <figcaption class="hint"><span>${timeText(new Date(first), { style: 'date' })}</span><span>${timeText(new Date(first + span), { style: 'date' })}</span></figcaption>
    </figure>`;
}

/** @param {{ passages: Passage[], current: Passage, plate: string }} props */
function List({ passages, current, plate }) {
  const cameras = useCameras();
  const { page, query } = useRoute();
  const others = passages.filter(one => one.id !== current.id);
  if (others.length === 0) return html`<p class="hint">${t('passage.others.none')}</p>`;
  /** @param {Passage} one */
  const address = one => {
    const target = new URLSearchParams(query);
    target.set('passage', one.id);
    return href(page, target);
  };
  return html`
    <ul class="others">
      ${others.slice(0, LISTED).map(
        one => html`
          <li key=${one.id}>
            <a href=${address(one)}>
              <${Time} at=${one.captured_at} zone=${cameras.get(one.camera_id)?.time_zone} style="short" />
              <span class="cut">${cameras.get(one.camera_id)?.name ?? '…'}</span>
            </a>
          </li>`,
      )}
    </ul>
    ${others.length > LISTED && html`<a href=${href('search', { plate, match: 'exact' })}>${t('passage.others.all')}</a>`}`;
}
