// Passages as they come. A hit goes to the top and stays there until somebody has looked at it.

import { useEffect, useRef, useState } from 'preact/hooks';
import { Badge } from '../components/badge.js';
import { Button, Toggle } from '../components/button.js';
import { EmptyFace, Loading, ProblemFace } from '../components/face.js';
import { Icon } from '../components/icon.js';
import { CameraPicker } from '../components/picker.js';
import { Picture, Plate, Score } from '../components/plate.js';
import { Time } from '../components/time.js';
import { KnownAs } from '../components/vehicle.js';
import { refreshCameras, useCameras } from '../lib/cameras.js';
import { html } from '../lib/html.js';
import { t, word } from '../lib/i18n.js';
import { changeQuery, href, useRoute } from '../lib/router.js';
import { useStore } from '../lib/store.js';
import { isNews, look, markSeen, sound, tryAgain, watched } from '../lib/watch.js';
import { PassageAside } from '../passage/passage.js';

/** @typedef {import('../lib/watch.js').Arrival} Arrival */

export default function Live() {
  const { query } = useRoute();
  const chosen = query.getAll('camera');
  const open = query.get('passage');
  const now = useStore(watched);
  const [held, setHeld] = useState(/** @type {Arrival[] | null} */ (null));
  const ringing = useStore(sound);
  const key = chosen.join();
  // `key` says which cameras
  useEffect(() => look(chosen), [key]);
  useUnknownCameras(now.items);

  const paused = held !== null;
  const items = held ?? now.items;
  const waiting = paused ? (now.items ?? []).filter(item => !held.some(one => one.id === item.id)).length : 0;
  const news = (items ?? []).filter(item => item.hits.some(isNews));
  const others = (items ?? []).filter(item => !item.hits.some(isNews));
  return html`
    <div class=${`beside ${open ? 'open' : ''}`}>
      <div class="grow">
        <header class="page-head">
          <h1>${t('live.title')}</h1>
          <span class=${`pulse ${paused || now.problem ? 'still' : ''}`} role="status">
            ${now.problem ? t('live.stopped') : paused ? t('live.paused', { count: waiting }) : t('live.watching')}
          </span>
          <${CameraPicker} chosen=${chosen} onChange=${(/** @type {string[]} */ ids) => changeQuery({ camera: ids })} />
          <${Toggle} label=${t('live.sound')} checked=${ringing} onChange=${sound.set} />
          <${Button} icon=${paused ? 'play' : 'pause'} onClick=${() => setHeld(paused ? null : (now.items ?? []))}>
            ${paused ? t('live.resume') : t('live.pause')}
          <//>
        </header>
        ${items === null && (now.problem ? html`<${ProblemFace} problem=${now.problem} retry=${tryAgain} />` : html`<${Loading} />`)}
        ${
          items?.length === 0 &&
          html`<${EmptyFace} icon="live" title=${t('live.empty')}>${t('live.empty.text')}<//>`
        }
        <p class="visually-hidden" role="alert">${news.length > 0 ? t('live.hits', { count: news.length }) : ''}</p>
        ${
          news.length > 0 &&
          html`
            <section class="news" aria-label=${t('live.hit')}>
              <div class="row">
                <h2>${t('live.hits', { count: news.length })}</h2>
                <${Button} kind="quiet" icon="check" onClick=${() => markSeen(news)}>${t('live.seen.all')}<//>
              </div>
              <ul class="cards">
                ${news.map(item => html`<${Card} key=${item.id} item=${item} wanted fresh=${now.fresh.has(item.id)} current=${item.id === open} />`)}
              </ul>
            </section>`
        }
        ${
          others.length > 0 &&
          html`
            <section aria-label=${t('live.latest')}>
              <ul class="cards">
                ${others.map(item => html`<${Card} key=${item.id} item=${item} fresh=${now.fresh.has(item.id)} current=${item.id === open} />`)}
              </ul>
            </section>`
        }
      </div>
      ${open && html`<${PassageAside} id=${open} onClose=${() => changeQuery({ passage: null })} />`}
    </div>`;
}

/** @param {{ item: Arrival, wanted?: boolean, fresh: boolean, current: boolean }} props */
function Card({ item, wanted = false, fresh, current }) {
  const cameras = useCameras();
  const { query } = useRoute();
  const camera = cameras.get(item.camera_id);
  const target = new URLSearchParams(query);
  target.set('passage', item.id);
  const plate = item.effective_plate ?? item.plate;
  const hit = item.hits.find(one => one.status !== 'withdrawn');
  return html`
    <li class=${`passage-card card ${wanted ? 'wanted' : ''} ${fresh ? 'fresh' : ''}`} aria-current=${current ? 'true' : undefined}>
      <a href=${href('live', target)} aria-label=${[item.readable ? plate : t('plate.unread'), item.known_as?.name, camera?.name].filter(Boolean).join(', ')}>
        <span class="shot"><${Picture} src=${item.crop_url} alt="" /></span>
        <span class="line">
          <${Plate} text=${item.readable ? plate : null} region=${item.effective_region} struck=${item.review_status === 'rejected'} />
          ${item.readable && html`<${Score} value=${item.score} />`}
        </span>
        ${item.known_as && html`<span class="line"><${KnownAs} passage=${item} /></span>`}
        ${
          hit &&
          html`<span class="line hit-line">
            <${Badge} kind=${hit.status === 'unverified' ? 'bad' : 'dim'}><${Icon} name="alert" size=${13} />${word('hit_status', hit.status)}<//>
            <span class="cut">${hit.list_name}</span>
          </span>`
        }
        <span class="line hint">
          <span class="cut">${camera?.name ?? '…'}</span>
          <${Time} at=${item.captured_at} zone=${camera?.time_zone} style="short" />
        </span>
      </a>
      ${wanted && html`<${Button} kind="quiet" icon="eye" onClick=${() => markSeen([item])}>${t('live.seen')}<//>`}
    </li>`;
}

/** A camera that was made after the list was asked for has no name here yet. @param {Arrival[] | null} items */
function useUnknownCameras(items) {
  const cameras = useCameras();
  const asked = useRef(new Set());
  useEffect(() => {
    const unknown = (items ?? [])
      .map(item => item.camera_id)
      .filter(id => !cameras.has(id) && !asked.current.has(id));
    if (unknown.length === 0) return;
    for (const id of unknown) asked.current.add(id);
    refreshCameras();
  }, [items, cameras]);
}
