// Files to send: what is asked of them once, and how far each of them is.

import { useState } from 'preact/hooks';
import { Problem } from '../api/client.js';
import { Badge } from '../components/badge.js';
import { Button, Toggle } from '../components/button.js';
import { Dialog } from '../components/dialog.js';
import { problemText } from '../components/face.js';
import { Field } from '../components/field.js';
import { useCameras } from '../lib/cameras.js';
import { utcOf } from '../lib/filters.js';
import { html } from '../lib/html.js';
import { percent, t, word } from '../lib/i18n.js';
import { remembered } from '../lib/remember.js';
import { useStore } from '../lib/store.js';
import { putAway, sendAgain, sendFiles, sendings } from '../lib/uploading.js';

const lastCamera = remembered('footage-camera', '');

/** As a field for local time to the second wants it. @param {number} time */
const localSecond = time =>
  new Date(time - new Date(time).getTimezoneOffset() * 60_000).toISOString().slice(0, 19);

/** @param {{ files: File[], onClose: () => void }} props */
export function FilesDialog({ files, onClose }) {
  const cameras = [...useCameras().values()]
    .filter(camera => camera.active)
    .sort((one, other) => one.name.localeCompare(other.name));
  const [own, setOwn] = useState(files.length > 1);
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    const camera = String(form.get('camera'));
    const at = utcOf(String(form.get('at') ?? ''));
    lastCamera.set(camera);
    sendFiles(
      files.map(file => ({ file, at: own ? new Date(file.lastModified).toISOString() : at })),
      camera,
    );
    onClose();
  };
  const known = cameras.some(camera => camera.id === lastCamera.get());
  return html`
    <${Dialog} title=${t('footage.send.title', { count: files.length })} onClose=${onClose}>
      <form class="form" onSubmit=${submit}>
        <ul class="files">${files.map(file => html`<li class="file-name">${file.name}</li>`)}</ul>
        ${cameras.length === 0 && html`<p class="error" role="alert">${t('footage.nocamera')}</p>`}
        <${Field} as="select" label=${t('common.camera')} name="camera" required autofocus>
          <option value="">${t('footage.camera.choose')}</option>
          ${cameras.map(
            camera =>
              html`<option key=${camera.id} value=${camera.id} selected=${known && camera.id === lastCamera.get()}>${camera.name}</option>`,
          )}
        <//>
        ${
          files.length > 1 &&
          html`<${Toggle} label=${t('footage.own')} hint=${t('footage.own.hint')} checked=${own} onChange=${setOwn} />`
        }
        ${
          own
            ? html`<p class="hint">${t('footage.own.hint')}</p>`
            : html`
              <${Field} label=${t('footage.at')} name="at" type="datetime-local" step="1" required
                defaultValue=${localSecond(Math.min(...files.map(file => file.lastModified)))}
                hint=${Intl.DateTimeFormat().resolvedOptions().timeZone} />`
        }
        <${Button} kind="primary" type="submit" icon="upload">${t('footage.send')}<//>
      </form>
    <//>`;
}

/** @type {Record<import('../lib/uploading.js').Sending['state'], string>} */
const KINDS = { waiting: 'plain', sending: 'info', lost: 'warn', sent: 'good', failed: 'bad' };

export function OnTheirWay() {
  const all = useStore(sendings);
  if (all.length === 0) return null;
  return html`
    <section class="card on-their-way" aria-label=${t('footage.way')}>
      <h2>${t('footage.way')}</h2>
      <ul>
        ${all.map(
          one => html`
            <li key=${one.key}>
              <div class="row">
                <span class="file-name grow">${one.file.name}</span>
                <${Badge} kind=${KINDS[one.state]}>${word('sending', one.state)}<//>
                ${one.state === 'failed' && html`<${Button} icon="refresh" onClick=${() => sendAgain(one.key)}>${t('face.again')}<//>`}
                ${
                  (one.state === 'failed' || one.state === 'sent') &&
                  html`<${Button} icon="close" kind="quiet" label=${t('footage.away', { name: one.file.name })} onClick=${() => putAway(one.key)} />`
                }
              </div>
              ${
                one.state !== 'failed' &&
                html`<span class="row"><progress class="grow" value=${one.share} max="1" aria-label=${one.file.name}></progress><span class="hint number">${percent(one.share)}</span></span>`
              }
              ${one.state === 'failed' && html`<p class="error" role="alert">${wordsOf(one.problem)}</p>`}
            </li>`,
        )}
      </ul>
    </section>`;
}

/** All that the API has against it. @param {unknown} problem */
const wordsOf = problem => {
  const parts = problem instanceof Problem ? problem.errors.map(error => error.detail ?? '') : [];
  return [...new Set([problemText(problem), ...parts])].filter(Boolean).join(' ');
};
