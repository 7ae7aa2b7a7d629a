// Legal holds: what a case needs is not deleted in its time, until the hold is released.

import { listHolds, placeHold, releaseHold } from '../../api/operations.js';
import { Badge } from '../../components/badge.js';
import { Field } from '../../components/field.js';
import { Choices, FormDialog, typed } from '../../components/form.js';
import { Plate } from '../../components/plate.js';
import { Resource } from '../../components/resource.js';
import { Time } from '../../components/time.js';
import { useCameras } from '../../lib/cameras.js';
import { utcOf } from '../../lib/filters.js';
import { html } from '../../lib/html.js';
import { t } from '../../lib/i18n.js';
import { changeQuery, useRoute } from '../../lib/router.js';
import { useCameraChoices } from './scope.js';

/** @typedef {import('../../api/schema.d.ts').HoldOut} Hold */
/** @typedef {import('../../components/form.js').Over} Over */

export default function Holds() {
  const { query } = useRoute();
  const cameras = useCameras();
  const number = query.get('case') ?? '';
  const released = query.get('show') === 'all';
  return html`<${Resource}
    caption=${t('admin.holds')} question=${`${number} ${released}`}
    load=${(/** @type {string | undefined} */ _, /** @type {AbortSignal} */ signal) => listHolds({ case_number: number || null, active: !released }, { signal })}
    none=${t('admin.holds.none')} icon="lock"
    head=${html`
      <${Field} label=${t('passage.hold.case')} type="search" value=${number}
        onChange=${(/** @type {any} */ event) => changeQuery({ case: event.currentTarget.value.trim() })} />
      <label class="row"><input type="checkbox" checked=${released}
        onChange=${(/** @type {any} */ event) => changeQuery({ show: event.currentTarget.checked ? 'all' : null })} />${t('admin.holds.released')}</label>`}
    make=${{
      text: t('passage.hold.place'),
      icon: 'lock',
      said: t('passage.hold.placed'),
      form: (/** @type {Over} */ over) => html`<${NewHold} ...${over} />`,
    }}
    columns=${[
      {
        name: t('passage.hold.case'),
        show: (/** @type {Hold} */ hold) => html`
          <strong>${hold.case_number}</strong>
          ${hold.released_at && html` <${Badge} kind="dim">${t('admin.holds.over')}<//>`}
          <p class="hint">${hold.reason}</p>`,
      },
      {
        name: t('admin.holds.what'),
        show: (/** @type {Hold} */ hold) => html`
          <span class="row">
            ${hold.plate && html`<${Plate} text=${hold.plate} size="small" />`}
            ${hold.camera_id && html`<span>${cameras.get(hold.camera_id)?.name ?? '…'}</span>`}
            ${!hold.plate && !hold.camera_id && !hold.captured_from && !hold.captured_to && html`<span>${t('admin.holds.hits')}</span>`}
          </span>
          ${(hold.captured_from || hold.captured_to) && html`<p class="hint"><${Time} at=${hold.captured_from} style="short" /> – <${Time} at=${hold.captured_to} style="short" /></p>`}`,
      },
      {
        name: t('admin.holds.since'),
        show: (/** @type {Hold} */ hold) => html`<${Time} at=${hold.created_at} style="short" />`,
      },
      ...(released
        ? [
            {
              name: t('admin.holds.over'),
              show: (/** @type {Hold} */ hold) => html`<${Time} at=${hold.released_at} style="short" />`,
            },
          ]
        : []),
    ]}
    acts=${(/** @type {Hold} */ hold) =>
      hold.released_at
        ? []
        : [
            {
              text: t('admin.holds.release'),
              label: t('admin.holds.release.named', { name: hold.case_number }),
              kind: 'danger',
              said: t('admin.holds.done'),
              form: (/** @type {Over} */ over) => html`<${Release} hold=${hold} ...${over} />`,
            },
          ]} />`;
}

/** @param {Over} over */
function NewHold(over) {
  const cameras = [{ value: '', text: t('common.any') }, ...useCameraChoices()];
  return html`
    <${FormDialog} ...${over} title=${t('passage.hold.place')} text=${t('admin.holds.text')} action=${t('passage.hold.place')}
      send=${(/** @type {FormData} */ form) =>
        placeHold({
          body: {
            case_number: typed(form, 'case'),
            reason: typed(form, 'reason'),
            plate: typed(form, 'plate') || null,
            camera_id: typed(form, 'camera') || null,
            captured_from: utcOf(typed(form, 'from')) || null,
            captured_to: utcOf(typed(form, 'to')) || null,
          },
        })}>
      ${(/** @type {(name: string) => string | undefined} */ error) => html`
        <${Field} label=${t('passage.hold.case')} name="case" required maxlength="100" autofocus error=${error('case_number')} />
        <${Field} label=${t('passage.hold.reason')} name="reason" required minlength="3" maxlength="500" error=${error('reason')} />
        <${Field} label=${t('search.plate')} name="plate" maxlength="32" autocapitalize="characters" autocomplete="off" spellcheck=${false} error=${error('plate')} />
        <${Choices} key=${cameras.length} label=${t('common.camera')} name="camera" options=${cameras} chosen="" error=${error('camera_id')} />
        <div class="columns">
          <${Field} label=${t('search.from')} name="from" type="datetime-local" error=${error('captured_from')} />
          <${Field} label=${t('search.to')} name="to" type="datetime-local" error=${error('captured_to')} />
        </div>`}
    <//>`;
}

/** @param {{ hold: Hold } & Over} props */
const Release = ({ hold, ...over }) => html`
  <${FormDialog} ...${over} title=${t('admin.holds.release.named', { name: hold.case_number })} text=${t('admin.holds.release.text')}
    action=${t('admin.holds.release')} danger
    send=${(/** @type {FormData} */ form) => releaseHold({ hold_id: hold.id, reason: typed(form, 'reason') })}>
    ${(/** @type {(name: string) => string | undefined} */ error) => html`
      <${Field} label=${t('passage.hold.reason')} name="reason" required minlength="3" maxlength="500" autofocus error=${error('reason')} />`}
  <//>`;
