// Which cameras somebody, or something, is limited to: some by name, others by their groups, or all.

import { useState } from 'preact/hooks';
import { listCameraGroups } from '../../api/operations.js';
import { problemText } from '../../components/face.js';
import { Checks } from '../../components/form.js';
import { useCameras } from '../../lib/cameras.js';
import { html } from '../../lib/html.js';
import { t } from '../../lib/i18n.js';
import { useLoad } from '../../lib/load.js';

/** @returns {{ value: string, text: string }[]} the cameras as choices, by name */
export const useCameraChoices = () =>
  [...useCameras().values()]
    .map(camera => ({ value: camera.id, text: camera.name }))
    .sort((one, other) => one.text.localeCompare(other.text));

/**
 * Part of a form; `grantsOf` reads it.
 *
 * @param {{ label: string, hint?: string, limit: { camera_ids: string[], group_ids: string[] } | null }} props null for all cameras
 */
export function Scope({ label, hint, limit }) {
  const [limited, setLimited] = useState(limit !== null);
  const cameras = useCameraChoices();
  const { data, problem } = useLoad(signal => listCameraGroups({ signal }));
  const groups = (data?.items ?? []).map(group => ({ value: group.id, text: group.name }));
  return html`
    <label class="row"><input type="checkbox" name="limited" checked=${limited}
      onChange=${(/** @type {any} */ event) => setLimited(event.currentTarget.checked)} />${label}</label>
    ${hint && html`<p class="hint">${hint}</p>`}
    <div class="form" hidden=${!limited}>
      <${Checks} key=${`groups ${groups.length}`} label=${t('admin.groups')} name="groups" options=${groups} chosen=${limit?.group_ids ?? []} none=${t('admin.groups.none')} />
      ${problem ? html`<p class="error" role="alert">${problemText(problem)}</p>` : null}
      <${Checks} key=${`cameras ${cameras.length}`} label=${t('admin.cameras')} name="cameras" options=${cameras} chosen=${limit?.camera_ids ?? []} none=${t('admin.cameras.none')} />
    </div>`;
}

/**
 * What a `Scope` says; null for all cameras.
 * @param {FormData} form
 */
export const grantsOf = form =>
  form.has('limited')
    ? { camera_ids: form.getAll('cameras').map(String), group_ids: form.getAll('groups').map(String) }
    : null;
