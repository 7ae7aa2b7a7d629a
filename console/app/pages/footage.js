// Footage: files are dropped anywhere on the page, and what became of each is in the list.

import { useEffect, useState } from 'preact/hooks';
import { getUpload, listJobs, retryJob } from '../api/operations.js';
import { StatusBadge } from '../components/badge.js';
import { Button } from '../components/button.js';
import { Chooser } from '../components/chooser.js';
import { DropAnywhere } from '../components/drop.js';
import { EmptyFace } from '../components/face.js';
import { Field } from '../components/field.js';
import { Icon } from '../components/icon.js';
import { More, usePages } from '../components/pager.js';
import { Table } from '../components/table.js';
import { Time } from '../components/time.js';
import { toastProblem } from '../components/toast.js';
import { useCameras } from '../lib/cameras.js';
import { html } from '../lib/html.js';
import { number, percent, t, word } from '../lib/i18n.js';
import { changeQuery, href, navigate, useRoute } from '../lib/router.js';
import { may } from '../lib/session.js';
import { sendings } from '../lib/uploading.js';
import { FilesDialog, OnTheirWay } from './footage-files.js';
import { Player } from './footage-player.js';

/** @typedef {import('../api/schema.d.ts').JobOut} Job */

const PAGE = 30;
const BUSY_MS = 1500;
const IDLE_MS = 15_000;
const STATUSES = ['awaiting_file', 'queued', 'processing', 'succeeded', 'failed', 'expired'];
const ENDED = ['succeeded', 'failed', 'expired'];

export default function Footage() {
  const { rest } = useRoute();
  return rest[0] ? html`<${Player} key=${rest[0]} id=${rest[0]} />` : html`<${Files} />`;
}

function Files() {
  const { query } = useRoute();
  const camera = query.get('camera') ?? '';
  const status = query.get('status') ?? '';
  const [files, setFiles] = useState(/** @type {File[]} */ ([]));
  const pages = useJobs(camera, status);
  const sends = may('reviewer');
  return html`
    <header class="page-head">
      <h1>${t('footage.title')}</h1>
      ${sends && html`<${Chooser} multiple kind="primary" text=${t('footage.choose')} accept="video/*,image/*,.mkv,.ts,.avi,.h264" onFiles=${setFiles} />`}
    </header>
    ${sends && html`<${DropAnywhere} text=${t('footage.drop')} onFiles=${setFiles} />`}
    ${files.length > 0 && html`<${FilesDialog} files=${files} onClose=${() => setFiles([])} />`}
    <${OnTheirWay} />
    <${JobFilters} camera=${camera} status=${status} />
    ${pages.items.length > 0 && html`<${Jobs} pages=${pages} sends=${sends} />`}
    ${
      pages.fresh && !pages.loading && !pages.problem && pages.items.length === 0
        ? html`<${EmptyFace} icon="footage" title=${t('footage.empty')}>${sends ? t('footage.empty.text') : null}<//>`
        : html`<${More} pages=${pages} />`
    }`;
}

/**
 * The jobs, kept up to date: often while one is under way, else now and then.
 * @param {string} camera
 * @param {string} status
 * @returns {import('../components/pager.js').Pages<Job>}
 */
function useJobs(camera, status) {
  const wanted = { limit: PAGE, camera_id: camera, status: /** @type {any} */ (status || null) };
  const pages = usePages(
    (cursor, signal) => listJobs({ ...wanted, ...(cursor ? { cursor } : {}) }, { signal }),
    `${camera} ${status}`,
  );
  const { update } = pages;
  const busy = pages.items.some(job => !ENDED.includes(job.status));
  useEffect(() => {
    let current = true;
    const look = async () => {
      if (document.hidden) return;
      try {
        const { items } = await listJobs(wanted);
        // What is below the first page stays.
        const known = new Set(items.map(job => job.id));
        if (current) update(now => [...items, ...now.slice(items.length).filter(job => !known.has(job.id))]);
      } catch {
        // The line at the top says what is wrong with the connection; what is shown stays.
      }
    };
    const clock = setInterval(look, busy ? BUSY_MS : IDLE_MS);
    const hush = sendings.listen(now => now.some(one => one.state === 'sent') && look());
    return () => {
      current = false;
      clearInterval(clock);
      hush();
    };
    // `update` is another one each time it is drawn, and does the same
  }, [camera, status, busy]);
  return pages;
}

/** @param {{ camera: string, status: string }} props */
function JobFilters({ camera, status }) {
  const cameras = [...useCameras().values()].sort((one, other) => one.name.localeCompare(other.name));
  const change = (/** @type {string} */ name) => (/** @type {any} */ event) =>
    changeQuery({ [name]: event.currentTarget.value || null });
  return html`
    <div class="job-filters">
      <${Field} as="select" label=${t('common.camera')} value=${camera} onChange=${change('camera')}>
        <option value="">${t('common.any')}</option>
        ${cameras.map(one => html`<option key=${one.id} value=${one.id}>${one.name}</option>`)}
      <//>
      <${Field} as="select" label=${t('footage.status')} value=${status} onChange=${change('status')}>
        <option value="">${t('common.any')}</option>
        ${STATUSES.map(one => html`<option key=${one} value=${one}>${word('upload_status', one)}</option>`)}
      <//>
    </div>`;
}

/** @param {{ pages: import('../components/pager.js').Pages<Job>, sends: boolean }} props */
function Jobs({ pages, sends }) {
  const cameras = useCameras();
  const retry = async (/** @type {Job} */ job) => {
    try {
      const begun = await retryJob({ job_id: job.id });
      pages.update(now => now.map(one => (one.id === begun.id ? begun : one)));
    } catch (problem) {
      toastProblem(problem);
    }
  };
  const columns = [
    {
      name: t('footage.file'),
      class: 'file',
      show: (/** @type {Job} */ job) => html`<span class="file-name">${job.file_name}</span>`,
    },
    {
      name: t('common.camera'),
      show: (/** @type {Job} */ job) => cameras.get(job.camera_id)?.name ?? '…',
    },
    {
      name: t('footage.status'),
      class: 'status',
      show: (/** @type {Job} */ job) => html`<${Status} job=${job} />`,
    },
    {
      name: t('footage.passages'),
      show: (/** @type {Job} */ job) => html`<span class="number">${number(job.events_count)}</span>`,
    },
    {
      name: t('footage.sent'),
      show: (/** @type {Job} */ job) => html`<${Time} at=${job.created_at} style="short" />`,
    },
    {
      name: t('footage.actions'),
      class: 'end',
      show: (/** @type {Job} */ job) => {
        if (job.status === 'succeeded' && job.events_count > 0)
          return html`
            <span class="row ends">
              ${sends && html`<a class="button" href=${href(`footage/${job.id}`)} aria-label=${t('player.play', { name: job.file_name })}><${Icon} name="play" size=${18} />${t('player.watch')}</a>`}
              <${Button} icon="search" onClick=${() => showPassages(job)}>${t('footage.show')}<//>
            </span>`;
        if (job.status === 'failed' && sends)
          return html`<${Button} icon="refresh" onClick=${() => retry(job)}>${t('face.again')}<//>`;
        return null;
      },
    },
  ];
  return html`
    <div class="card results">
      <${Table} caption=${t('footage.jobs')} columns=${columns} rows=${pages.items} rowKey=${(/** @type {Job} */ job) => job.id} />
    </div>`;
}

/** @param {{ job: Job }} props */
function Status({ job }) {
  return html`
    <${StatusBadge} of="upload_status" value=${job.status} />
    ${
      job.status === 'processing' &&
      html`<span class="row"><progress value=${job.progress} max="1" aria-label=${job.file_name}></progress><span class="hint number">${percent(job.progress)}</span></span>`
    }
    ${job.failure_reason && html`<p class="error">${job.failure_reason}</p>`}
    ${job.warning && html`<p class="hint">${job.warning}</p>`}`;
}

/** A job does not say when its footage was taken, its upload does. @param {Job} job */
async function showPassages(job) {
  try {
    const upload = await getUpload({ upload_id: job.id });
    const from = Date.parse(upload.captured_at);
    // The last frame's passage, too; an image has no length.
    const to = from + 1000 * (Math.ceil(job.duration_s ?? 0) + 1);
    const at = (/** @type {number} */ time) => new Date(time).toISOString();
    navigate('search', { camera: job.camera_id, from: at(from), to: at(to) });
  } catch (problem) {
    toastProblem(problem);
  }
}
