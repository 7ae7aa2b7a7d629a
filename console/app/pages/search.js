// Searching: one field and some filters, all of them in the address; a passage opens beside what was found.

import { useEffect, useState } from 'preact/hooks';
import { all } from '../api/client.js';
import { findEvents } from '../api/operations.js';
import { Badge, StatusBadge } from '../components/badge.js';
import { Button, Choice, Toggle } from '../components/button.js';
import { EmptyFace, Loading } from '../components/face.js';
import { Field } from '../components/field.js';
import { Icon } from '../components/icon.js';
import { More, usePages } from '../components/pager.js';
import { CameraPicker } from '../components/picker.js';
import { Picture, Plate, Score } from '../components/plate.js';
import { ReasonChip } from '../components/reason.js';
import { Table } from '../components/table.js';
import { Time } from '../components/time.js';
import { toastProblem } from '../components/toast.js';
import { KnownAs } from '../components/vehicle.js';
import { useCameras } from '../lib/cameras.js';
import { asQuery, FILTERS, filtersOf, furtherFilters, localOf, utcOf } from '../lib/filters.js';
import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { needReason, reason } from '../lib/reason.js';
import { remembered } from '../lib/remember.js';
import { changeQuery, href, useRoute } from '../lib/router.js';
import { useStore } from '../lib/store.js';
import { PassageAside, plateOf } from '../passage/passage.js';
import { exportShown } from './search-export.js';

/** @typedef {import('../api/schema.d.ts').EventOut} Passage */
/** @typedef {import('../lib/filters.js').Filters} Filters */

const view = remembered('search-view', 'table');
const PAGE = 50;

export default function Search() {
  const { query } = useRoute();
  const filters = filtersOf(query);
  const open = query.get('passage');
  const why = useStore(reason);
  const shape = useStore(view);
  const args = asQuery(filters, why);
  // A search for a plate waits until somebody has said why.
  const ready = !filters.plate || why !== '';
  const pages = usePages(
    ready
      ? (cursor, signal) => findEvents({ ...args, limit: PAGE, ...(cursor ? { cursor } : {}) }, { signal })
      : null,
    JSON.stringify(args),
  );
  useEffect(() => {
    if (!ready) needReason();
  }, [ready]);
  /** @param {Passage} passage */
  const address = passage => {
    const target = new URLSearchParams(query);
    target.set('passage', passage.id);
    return href('search', target);
  };
  const renamed = () => refreshNames(pages, args);
  const shown = { passages: pages.items, address, current: open, searched: !!filters.plate };
  return html`
    <div class=${`beside ${open ? 'open' : ''}`}>
      <div class="grow">
        <header class="page-head"><h1>${t('search.title')}</h1><${ReasonChip} /></header>
        <${SearchForm} key=${filters.plate} filters=${filters} />
        <div class="row results-head">
          <p class="hint" role="status">${pages.fresh && !pages.loading && !pages.problem ? countText(pages) : ''}</p>
          ${
            pages.items.length > 0 &&
            html`<${Button} kind="quiet" icon="download" onClick=${() => exportShown(args)}>${t('search.export')}<//>`
          }
          <${Choice} icons label=${t('search.view')} value=${shape} onChange=${view.set} options=${[
            { value: 'table', label: t('search.view.table'), icon: 'table' },
            { value: 'wall', label: t('search.view.wall'), icon: 'wall' },
          ]} />
        </div>
        <div class=${pages.fresh ? '' : 'stale'}>
          ${pages.items.length > 0 && (shape === 'wall' ? html`<${Wall} ...${shown} />` : html`<${Rows} ...${shown} />`)}
        </div>
        ${
          ready && pages.fresh && !pages.loading && !pages.problem && pages.items.length === 0
            ? html`<${EmptyFace} title=${t('search.empty')}>${t('search.empty.text')}<//>`
            : html`<${More} pages=${pages} />`
        }
        ${!pages.fresh && pages.items.length === 0 && ready && !pages.loading && html`<${Loading} />`}
      </div>
      ${open && html`<${PassageAside} id=${open} onClose=${() => changeQuery({ passage: null })} onNamed=${renamed} />`}
    </div>`;
}

/** @param {{ items: Passage[], more: boolean }} pages */
const countText = pages =>
  pages.more
    ? t('search.found.more', { count: pages.items.length })
    : t('search.found', { count: pages.items.length });

/** @param {{ filters: Filters }} props */
function SearchForm({ filters }) {
  const further = furtherFilters(filters);
  const [wide, setWide] = useState(further > 0);
  const [plate, setPlate] = useState(filters.plate);
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    changeQuery({ plate: plate.trim() || null, passage: null });
  };
  const fuzzy = filters.match === 'fuzzy';
  return html`
    <form class="search card" role="search" onSubmit=${submit}>
      <div class="search-line">
        <span class="search-field">
          <${Icon} name="search" />
          <${Field} label=${t('search.plate')} hideLabel type="search" name="plate" value=${plate} placeholder=${t('search.placeholder')}
            title=${t('search.hint')} autocomplete="off" autocapitalize="characters" spellcheck=${false} maxlength="64"
            onInput=${(/** @type {any} */ event) => setPlate(event.currentTarget.value)} />
        </span>
        <${Button} kind="primary" type="submit">${t('search.go')}<//>
      </div>
      <div class="row">
        <${Toggle} label=${t('search.fuzzy')} hint=${t('search.fuzzy.hint')} checked=${fuzzy}
          onChange=${(/** @type {boolean} */ on) => changeQuery({ match: on ? 'fuzzy' : null, edits: null, plate: plate.trim() || null })} />
        ${
          fuzzy &&
          html`<${Choice} label=${t('search.edits')} value=${filters.edits || '1'} onChange=${(/** @type {string} */ edits) => changeQuery({ edits })}
            options=${['0', '1', '2'].map(value => ({ value, label: `± ${value}` }))} />`
        }
        <span class="hint grow">${t('search.hint')}</span>
        <${CameraPicker} chosen=${filters.camera} onChange=${(/** @type {string[]} */ camera) => changeQuery({ camera })} />
        <${Button} icon="filter" aria-expanded=${String(wide)} aria-controls="further-filters" onClick=${() => setWide(!wide)}>
          ${t('search.filters')}${further > 0 ? ` (${further})` : ''}
        <//>
      </div>
      <div id="further-filters" hidden=${!wide}><${Further} filters=${filters} /></div>
    </form>`;
}

/** @param {{ filters: Filters }} props */
function Further({ filters }) {
  /** @param {string} name @param {(value: string) => string} [turn] */
  const change =
    (name, turn = value => value) =>
    (/** @type {any} */ event) =>
      changeQuery({ [name]: turn(event.currentTarget.value) || null }, { replace: true });
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return html`
    <div class="filters">
      <${Field} label=${t('search.from')} type="datetime-local" value=${localOf(filters.from)} hint=${zone} onChange=${change('from', utcOf)} />
      <${Field} label=${t('search.to')} type="datetime-local" value=${localOf(filters.to)} hint=${zone} onChange=${change('to', utcOf)} />
      <${Field} as="select" label=${t('search.status')} value=${filters.status} onChange=${change('status')}>
        <option value="">${t('common.any')}</option>
        ${['unreviewed', 'confirmed', 'corrected', 'rejected'].map(
          status =>
            html`<option value=${status}>${t(/** @type {any} */ (`review_status.${status}`))}</option>`,
        )}
      <//>
      <${Field} as="select" label=${t('search.readable')} value=${filters.readable} onChange=${change('readable')}>
        <option value="">${t('common.any')}</option>
        <option value="yes">${t('search.readable.yes')}</option>
        <option value="no">${t('search.readable.no')}</option>
      <//>
      <${Field} label=${t('search.score')} type="number" min="0" max="1" step="0.05" value=${filters.score} onChange=${change('score')} />
      <${Field} label=${t('search.region')} value=${filters.region} maxlength="6" hint=${t('search.region.hint')} autocapitalize="none"
        onChange=${change('region', value => value.trim().toLowerCase())} />
      <div class="filters-end">
        <${Button} kind="quiet" icon="close" onClick=${() => changeQuery(Object.fromEntries(FILTERS.map(name => [name, null])))}>${t('search.clear')}<//>
      </div>
    </div>`;
}

/** @typedef {{ passages: Passage[], address: (passage: Passage) => string, current: string | null, searched: boolean }} Shown */

/**
 * Asks for the names of all passages that are shown: a name that was given is that of many. None of them moves.
 *
 * @param {import('../components/pager.js').Pages<Passage>} pages
 * @param {import('../api/schema.d.ts').FindEventsArgs} args what they were found by
 */
async function refreshNames(pages, args) {
  try {
    const found = await all(page => findEvents({ ...args, ...page }), pages.items.length);
    const names = new Map(found.map(one => [one.id, one.known_as]));
    pages.update(now =>
      now.map(one => (names.has(one.id) ? { ...one, known_as: names.get(one.id) ?? null } : one)),
    );
  } catch (problem) {
    toastProblem(problem);
  }
}

/** @param {Shown} props */
function Rows({ passages, address, current, searched }) {
  const cameras = useCameras();
  const columns = [
    {
      name: t('common.time'),
      show: (/** @type {Passage} */ one) =>
        html`<${Time} at=${one.captured_at} zone=${cameras.get(one.camera_id)?.time_zone} style="short" />`,
    },
    {
      name: t('search.picture'),
      class: 'thumb',
      show: (/** @type {Passage} */ one) => html`<${Picture} src=${one.crop_url} alt="" />`,
    },
    {
      name: t('search.plate'),
      show: (/** @type {Passage} */ one) =>
        html`<${Plate} text=${plateOf(one)} region=${one.effective_region} struck=${one.review_status === 'rejected'} /><${KnownAs} passage=${one} />`,
    },
    ...(searched
      ? [
          {
            name: t('search.match'),
            show: (/** @type {Passage} */ one) => html`<${Distance} passage=${one} />`,
          },
        ]
      : []),
    {
      name: t('common.camera'),
      class: 'camera',
      show: (/** @type {Passage} */ one) => cameras.get(one.camera_id)?.name ?? '…',
    },
    {
      name: t('plate.score'),
      class: 'spare',
      show: (/** @type {Passage} */ one) => (one.readable ? html`<${Score} value=${one.score} />` : null),
    },
    {
      name: t('search.status'),
      class: 'spare',
      show: (/** @type {Passage} */ one) =>
        html`<${StatusBadge} of="review_status" value=${one.review_status} />`,
    },
  ];
  return html`
    <div class="card results">
      <${Table} caption=${t('search.title')} columns=${columns} rows=${passages} rowKey=${(/** @type {Passage} */ one) => one.id}
        href=${address} current=${current ?? undefined} />
    </div>`;
}

/** @param {Shown} props */
function Wall({ passages, address, current, searched }) {
  const cameras = useCameras();
  return html`
    <ul class="wall">
      ${passages.map(
        one => html`
          <li key=${one.id} class="card" aria-current=${one.id === current ? 'true' : undefined}>
            <a href=${address(one)}>
              <${Picture} src=${one.crop_url} alt="" />
              <span class="row"><${Plate} text=${plateOf(one)} region=${one.effective_region} size="small" />${searched && html`<${Distance} passage=${one} />`}</span>
              <${KnownAs} passage=${one} />
              <span class="hint"><${Time} at=${one.captured_at} zone=${cameras.get(one.camera_id)?.time_zone} style="short" /></span>
            </a>
          </li>`,
      )}
    </ul>`;
}

/** How a passage matches what was searched for. @param {{ passage: Passage }} props */
function Distance({ passage }) {
  const { match } = passage;
  if (!match) return null;
  if (match.how === 'edit')
    return html`<${Badge} kind="warn">${t('search.how.edit', { count: match.distance })}<//>`;
  return html`<${Badge} kind=${match.how === 'exact' ? 'good' : 'info'}>${t(/** @type {any} */ (`search.how.${match.how}`))}<//>`;
}
