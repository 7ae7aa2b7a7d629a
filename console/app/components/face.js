// The calm faces: nothing there yet, loading, and everything that can be wrong, each with what to do about it.

import { useEffect, useState } from 'preact/hooks';
import { Problem } from '../api/client.js';
import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { Button } from './button.js';
import { Icon } from './icon.js';

/** @type {Record<string, { icon: import('./icon.js').IconName, title: import('../lib/i18n.js').Key, text: import('../lib/i18n.js').Key, again: boolean }>} */
const FACES = {
  offline: { icon: 'offline', title: 'face.offline', text: 'face.offline.text', again: true },
  timeout: { icon: 'clock', title: 'face.timeout', text: 'face.timeout.text', again: true },
  unauthorized: { icon: 'lock', title: 'face.unauthorized', text: 'face.unauthorized.text', again: false },
  forbidden: { icon: 'lock', title: 'face.forbidden', text: 'face.forbidden.text', again: false },
  missing: { icon: 'search', title: 'face.missing', text: 'face.missing.text', again: false },
  conflict: { icon: 'refresh', title: 'face.conflict', text: 'face.conflict.text', again: true },
  invalid: { icon: 'alert', title: 'face.invalid', text: 'face.invalid.text', again: false },
  limited: { icon: 'clock', title: 'face.limited', text: 'face.limited.text', again: true },
  unavailable: { icon: 'clock', title: 'face.unavailable', text: 'face.unavailable.text', again: true },
  broken: { icon: 'alert', title: 'face.broken', text: 'face.broken.text', again: true },
};

/** @param {unknown} problem */
const faceOf = problem => FACES[problem instanceof Problem ? problem.kind : 'broken'] ?? FACES.broken;

/** What is wrong, as one sentence.
 * @param {unknown} problem
 * @returns {string}
 */
export function problemText(problem) {
  if (problem instanceof Problem && problem.detail) return problem.detail;
  const face = /** @type {NonNullable<ReturnType<typeof faceOf>>} */ (faceOf(problem));
  return `${t(face.title)}: ${t(face.text)}`;
}

/**
 * What is wrong, in place of what was to be shown.
 *
 * @param {{ problem: unknown, retry?: (() => void) | undefined }} props
 */
export function ProblemFace({ problem, retry }) {
  const face = /** @type {NonNullable<ReturnType<typeof faceOf>>} */ (faceOf(problem));
  const found = problem instanceof Problem ? problem : null;
  const left = useCountdown(found?.retryAfter ?? 0, problem);
  return html`
    <section class="face" role="alert">
      <span class="sign"><${Icon} name=${face.icon} size=${28} /></span>
      <h2>${t(face.title)}</h2>
      <p>${found?.detail || t(face.text)}</p>
      ${found?.requestId && html`<p class="hint">${t('face.request', { id: found.requestId })}</p>`}
      ${
        retry &&
        face.again &&
        html`<${Button} icon="refresh" onClick=${retry} disabled=${left > 0}>
          ${left > 0 ? t('face.again.in', { count: left }) : t('face.again')}
        <//>`
      }
    </section>`;
}

/** Nothing to show, and why.
 * @param {{ icon?: import('./icon.js').IconName, title: string, children?: any }} props
 */
export const EmptyFace = ({ icon = 'search', title, children }) => html`
  <section class="face empty">
    <span class="sign"><${Icon} name=${icon} size=${28} /></span>
    <h2>${title}</h2>
    ${children && html`<div class="words">${children}</div>`}
  </section>`;

/** Something is on its way; shown only when it takes a moment. @param {{ label?: string }} props */
export const Loading = ({ label }) => html`
  <div class="loading" role="status"><span class="spinner" aria-hidden="true"></span>${label ?? t('common.loading')}</div>`;

/**
 * @param {number} seconds
 * @param {unknown} since begins anew when it changes
 */
function useCountdown(seconds, since) {
  const [left, setLeft] = useState(seconds);
  // Another problem of the same length begins anew too
  useEffect(() => {
    setLeft(seconds);
    if (!seconds) return undefined;
    const clock = setInterval(() => setLeft(now => Math.max(0, now - 1)), 1000);
    return () => clearInterval(clock);
  }, [seconds, since]);
  return left;
}
