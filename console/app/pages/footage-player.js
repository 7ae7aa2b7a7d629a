// A clip that was read, with the boxes of its passages over it and the passages on its line of time.

import { useEffect, useRef, useState } from 'preact/hooks';
import { all } from '../api/client.js';
import { findEvents, getUpload, linkFootage } from '../api/operations.js';
import { Button } from '../components/button.js';
import { EmptyFace, Loading, ProblemFace } from '../components/face.js';
import { Picture, Plate } from '../components/plate.js';
import { Time } from '../components/time.js';
import { toastProblem } from '../components/toast.js';
import { useCameras } from '../lib/cameras.js';
import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { useLoad } from '../lib/load.js';
import { askReason, needReason, reason } from '../lib/reason.js';
import { href } from '../lib/router.js';
import { useStore } from '../lib/store.js';
import { plateOf } from '../passage/passage.js';

/** @typedef {import('../api/schema.d.ts').EventOut} Passage */
/** @typedef {import('../api/schema.d.ts').UploadOut} Upload */
/** @typedef {{ passage: Passage, first: number, best: number, last: number }} Seen in seconds from the clip's beginning */

/** How long before and after its frame a box is true enough to be shown, in seconds. */
const NEAR_S = 0.25;
const DAY_MS = 86_400_000;
const MOST = 2000;

/** @param {{ id: string }} props of the upload */
export function Player({ id }) {
  const upload = useLoad(signal => getUpload({ upload_id: id }, { signal }), id);
  const why = useStore(reason);
  useEffect(() => {
    if (!why) needReason();
  }, [why]);
  const { data, problem, loading, again } = upload;
  return html`
    <header class="page-head">
      <a class="button" href=${href('footage')}>${t('player.back')}</a>
      <h1 class="file-name">${data?.file_name ?? t('footage.title')}</h1>
    </header>
    ${loading && !data && html`<${Loading} />`}
    ${problem && !data ? html`<${ProblemFace} problem=${problem} retry=${again} />` : null}
    ${data && !why && html`<${EmptyFace} icon="lock" title=${t('player.why')}><${Button} kind="primary" onClick=${askReason}>${t('player.why.say')}<//><//>`}
    ${data && why && html`<${Clip} key=${data.id} upload=${data} why=${why} />`}`;
}

/** @param {{ upload: Upload, why: string }} props */
function Clip({ upload, why }) {
  const camera = useCameras().get(upload.camera_id);
  const link = useLoad(
    signal => linkFootage({ upload_id: upload.id, body: { reason: why } }, { signal }),
    upload.id,
  );
  const seen = useLoad(signal => passagesOf(upload, signal), upload.id);
  const [at, setAt] = useState(0);
  const video = useRef(/** @type {HTMLVideoElement | null} */ (null));
  const [playing, setPlaying] = useState(false);
  const seek = (/** @type {number} */ time) => {
    setAt(time);
    if (!video.current) return;
    video.current.pause();
    video.current.currentTime = time;
  };
  const toggle = () => {
    if (video.current?.paused) video.current.play().catch(toastProblem);
    else video.current?.pause();
  };
  const passages = seen.data ?? [];
  const length = Math.max(video.current?.duration || 0, ...passages.map(one => one.last), 1);
  return html`
    <div class="player">
      <div class="grow">
        ${link.problem && !link.data ? html`<${ProblemFace} problem=${link.problem} retry=${link.again} />` : null}
        ${link.loading && !link.data && html`<${Loading} />`}
        ${link.data && html`<${Screen} url=${link.data.url} video=${video} passages=${passages} at=${at} onTime=${setAt} onPlaying=${setPlaying} onToggle=${toggle} again=${link.again} type=${upload.content_type} />`}
        ${
          link.data &&
          !upload.content_type.startsWith('image/') &&
          html`
            <div class="row player-controls">
              <${Button} icon=${playing ? 'pause' : 'play'} kind="primary" label=${playing ? t('player.pause') : t('player.go')} onClick=${toggle} />
              <input type="range" class="grow" min="0" max=${length} step="0.04" value=${at} aria-label=${t('player.at')} aria-valuetext=${clockText(at)}
                onInput=${(/** @type {any} */ event) => seek(Number(event.currentTarget.value))} />
              <span class="number">${clockText(at)} / ${clockText(length)}</span>
            </div>`
        }
        <${Line} passages=${passages} at=${at} length=${length} onSeek=${seek} />
        <p class="hint"><${Time} at=${upload.captured_at} zone=${camera?.time_zone} /> · ${camera?.name ?? '…'}</p>
      </div>
      <section class="card player-list" aria-label=${t('footage.passages')}>
        ${seen.loading && !seen.data && html`<${Loading} />`}
        ${seen.problem && !seen.data ? html`<${ProblemFace} problem=${seen.problem} retry=${seen.again} />` : null}
        ${seen.data && passages.length === 0 && html`<p class="hint">${t('player.none')}</p>`}
        <ul>
          ${passages.map(
            one => html`
              <li key=${one.passage.id} aria-current=${at >= one.first && at <= one.last ? 'true' : undefined}>
                <button type="button" class="seek" onClick=${() => seek(one.best)} aria-label=${t('player.seek', { plate: plateOf(one.passage) ?? t('plate.unread'), time: clockText(one.best) })}>
                  <span class="number">${clockText(one.best)}</span>
                  <${Picture} src=${one.passage.crop_url} alt="" />
                  <${Plate} text=${plateOf(one.passage)} region=${one.passage.effective_region} size="small" />
                </button>
                <a href=${href('search', { passage: one.passage.id })} aria-label=${t('review.passage', { plate: plateOf(one.passage) ?? t('plate.unread') })}>${t('player.open')}</a>
              </li>`,
          )}
        </ul>
      </section>
    </div>`;
}

/**
 * The passages that were read in a clip, in the order in which they were seen.
 * @param {Upload} upload
 * @param {AbortSignal} signal
 * @returns {Promise<Seen[]>}
 */
async function passagesOf(upload, signal) {
  const begin = Date.parse(upload.captured_at);
  // Nothing that is longer than a day is read as one file; other files of the camera are sorted out below.
  const args = {
    camera_id: [upload.camera_id],
    captured_from: upload.captured_at,
    captured_to: new Date(begin + DAY_MS).toISOString(),
  };
  const found = await all(
    page => /** @type {Promise<any>} */ (findEvents({ ...args, ...page }, { signal })),
    MOST,
  );
  const seconds = (/** @type {string} */ time) => Math.max(0, (Date.parse(time) - begin) / 1000);
  return found
    .filter((/** @type {Passage} */ passage) => passage.upload_id === upload.id)
    .map((/** @type {Passage} */ passage) => ({
      passage,
      first: seconds(passage.first_seen_at),
      best: seconds(passage.captured_at),
      last: seconds(passage.last_seen_at),
    }))
    .sort((/** @type {Seen} */ one, /** @type {Seen} */ other) => one.best - other.best);
}

/**
 * The moving picture, or the still one that was sent, and over it what was read where.
 * @param {{ url: string, type: string, video: { current: HTMLVideoElement | null }, passages: Seen[], at: number, onTime: (at: number) => void, onPlaying: (playing: boolean) => void, onToggle: () => void, again: () => void }} props
 */
function Screen({ url, type, video, passages, at, onTime, onPlaying, onToggle, again }) {
  const [size, setSize] = useState(/** @type {{ width: number, height: number } | null} */ (null));
  const [broken, setBroken] = useState(false);
  const still = type.startsWith('image/');
  // More often than the browser tells the time by itself: a box that lags is a wrong box.
  useEffect(() => {
    if (still) return undefined;
    let next = 0;
    const look = () => {
      if (video.current && !video.current.paused) onTime(video.current.currentTime);
      next = requestAnimationFrame(look);
    };
    next = requestAnimationFrame(look);
    return () => cancelAnimationFrame(next);
  }, [url, still]);
  const boxes = passages.filter(one => one.passage.box && (still || Math.abs(one.best - at) <= NEAR_S));
  if (broken)
    return html`
      <${EmptyFace} icon="footage" title=${t('player.broken')}>
        <p>${t('player.broken.text')}</p>
        <span class="row"><a class="button" href=${url} download rel="noreferrer">${t('player.save')}</a><${Button} icon="refresh" onClick=${() => {
          setBroken(false);
          again();
        }}>${t('face.again')}<//></span>
      <//>`;
  return html`
    <div class="screen">
      ${
        still
          ? html`<img src=${url} alt=${t('player.picture')} referrerpolicy="no-referrer" onError=${() => setBroken(true)}
              onLoad=${(/** @type {any} */ event) => setSize({ width: event.currentTarget.naturalWidth, height: event.currentTarget.naturalHeight })} />`
          : html`<video ref=${video} src=${url} playsinline muted preload="auto" aria-label=${t('player.video')} onError=${() => setBroken(true)}
              onClick=${onToggle} onPlay=${() => onPlaying(true)} onPause=${() => onPlaying(false)}
              onSeeked=${(/** @type {any} */ event) => onTime(event.currentTarget.currentTime)}
              onLoadedMetadata=${(/** @type {any} */ event) => setSize({ width: event.currentTarget.videoWidth, height: event.currentTarget.videoHeight })}></video>`
      }
      ${
        size &&
        html`
          <svg viewBox=${`0 0 ${size.width} ${size.height}`} preserveAspectRatio="xMidYMid meet" aria-hidden="true">
            ${boxes.map(({ passage }) => html`<${Box} key=${passage.id} passage=${passage} size=${size} />`)}
          </svg>`
      }
    </div>`;
}

/** @param {{ passage: Passage, size: { width: number, height: number } }} props */
function Box({ passage, size }) {
  const { box } = passage;
  if (!box) return null;
  const letter = size.height / 28;
  const above = box.ymin > letter * 1.6;
  return html`
    <g>
      <rect class="box" x=${box.xmin} y=${box.ymin} width=${box.xmax - box.xmin} height=${box.ymax - box.ymin} vector-effect="non-scaling-stroke" />
      <text x=${(box.xmin + box.xmax) / 2} y=${above ? box.ymin - letter * 0.4 : box.ymax + letter * 1.1} font-size=${letter} text-anchor="middle">${plateOf(passage) ?? t('plate.unread')}</text>
    </g>`;
}

/**
 * The line of time: each passage from when it was first seen until it was last. The list beside it says the same.
 * @param {{ passages: Seen[], at: number, length: number, onSeek: (at: number) => void }} props
 */
function Line({ passages, at, length, onSeek }) {
  const lanes = lanesOf(passages);
  const rows = Math.max(1, ...lanes.map(lane => lane + 1));
  const share = (/** @type {number} */ time) => (1000 * time) / length;
  const seek = (/** @type {PointerEvent} */ event) => {
    const line = /** @type {Element} */ (event.currentTarget).getBoundingClientRect();
    onSeek((length * (event.clientX - line.left)) / line.width);
  };
  return html`
    <div class="clip-line">
      <svg viewBox=${`0 0 1000 ${rows * 12 + 4}`} preserveAspectRatio="none" role="img" aria-label=${t('player.line', { count: passages.length })} onPointerDown=${seek}>
        ${passages.map((one, index) => {
          const x = share(one.first);
          const y = 2 + 12 * (lanes[index] ?? 0);
          const on = at >= one.first && at <= one.last;
          return html`<rect class=${`span ${on ? 'on' : ''}`} x=${x} y=${y} width=${Math.max(3, share(one.last) - x)} height="10" /><rect class="best" x=${share(one.best)} y=${y} width="2" height="10" />`;
        })}
        <line x1=${share(at)} x2=${share(at)} y1="0" y2="100%" vector-effect="non-scaling-stroke" />
      </svg>
    </div>`;
}

/** In which row each passage stands, so that none lies over another. @param {Seen[]} passages */
function lanesOf(passages) {
  /** @type {number[]} */
  const free = [];
  return passages.map(one => {
    const lane = free.findIndex(until => until < one.first);
    const taken = lane === -1 ? free.length : lane;
    free[taken] = one.last;
    return taken;
  });
}

/** Minutes and seconds. @param {number} seconds */
const clockText = seconds =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}.${Math.floor((seconds * 10) % 10)}`;
