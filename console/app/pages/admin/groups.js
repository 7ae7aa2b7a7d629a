// Groups of cameras, which are given out together.

import {
  changeCameraGroup,
  createCameraGroup,
  deleteCameraGroup,
  listCameraGroups,
} from '../../api/operations.js';
import { Field } from '../../components/field.js';
import { Checks, FormDialog, typed } from '../../components/form.js';
import { Resource } from '../../components/resource.js';
import { useCameras } from '../../lib/cameras.js';
import { html } from '../../lib/html.js';
import { t } from '../../lib/i18n.js';
import { useCameraChoices } from './scope.js';

/** @typedef {import('../../api/schema.d.ts').GroupOut} Group */
/** @typedef {import('../../components/form.js').Over} Over */

export default function Groups() {
  const cameras = useCameras();
  return html`<${Resource}
    caption=${t('admin.groups')}
    load=${(/** @type {string | undefined} */ _, /** @type {AbortSignal} */ signal) => listCameraGroups({ signal })}
    none=${t('admin.groups.none')} icon="camera"
    make=${{
      text: t('admin.groups.new'),
      said: t('admin.saved'),
      form: (/** @type {Over} */ over) => html`<${GroupDialog} group=${null} ...${over} />`,
    }}
    columns=${[
      {
        name: t('admin.groups.name'),
        show: (/** @type {Group} */ group) => html`<strong>${group.name}</strong>`,
      },
      {
        name: t('admin.cameras'),
        show: (/** @type {Group} */ group) =>
          group.camera_ids
            .map(id => cameras.get(id)?.name ?? '…')
            .sort()
            .join(' · ') || '–',
      },
    ]}
    acts=${(/** @type {Group} */ group) => [
      {
        text: t('wanted.change'),
        label: t('admin.change.named', { name: group.name }),
        said: t('admin.saved'),
        form: (/** @type {Over} */ over) => html`<${GroupDialog} group=${group} ...${over} />`,
      },
      {
        text: t('wanted.remove'),
        label: t('admin.remove.named', { name: group.name }),
        icon: 'trash',
        kind: 'danger',
        ask: { title: t('admin.remove.named', { name: group.name }), text: t('admin.groups.remove.text') },
        run: () => deleteCameraGroup({ group_id: group.id }),
        said: t('admin.removed', { name: group.name }),
      },
    ]} />`;
}

/** @param {{ group: Group | null } & Over} props null for a new one */
function GroupDialog({ group, ...over }) {
  const cameras = useCameraChoices();
  const send = (/** @type {FormData} */ form) => {
    const camera_ids = form.getAll('cameras').map(String);
    if (group) return changeCameraGroup({ group_id: group.id, body: { camera_ids } });
    return createCameraGroup({ body: { name: typed(form, 'name'), camera_ids } });
  };
  return html`
    <${FormDialog} ...${over} title=${group ? t('admin.change.named', { name: group.name }) : t('admin.groups.new')} text=${t('admin.groups.text')} send=${send}>
      ${(/** @type {(name: string) => string | undefined} */ error) => html`
        ${!group && html`<${Field} label=${t('admin.groups.name')} name="name" required maxlength="100" autofocus error=${error('name')} />`}
        <${Checks} key=${cameras.length} label=${t('admin.cameras')} name="cameras" options=${cameras} chosen=${group?.camera_ids ?? []} none=${t('admin.cameras.none')}
          error=${error('camera_ids')} />`}
    <//>`;
}
