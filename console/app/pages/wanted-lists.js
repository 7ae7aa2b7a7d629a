// Lists of wanted plates, and the entries of one.

import { useState } from 'preact/hooks';
import {
  changeBoloList,
  createBoloList,
  deleteBolo,
  deleteBoloList,
  listBoloLists,
  listBolos,
} from '../api/operations.js';
import { Badge, StatusBadge } from '../components/badge.js';
import { Button } from '../components/button.js';
import { confirm } from '../components/dialog.js';
import { EmptyFace } from '../components/face.js';
import { More, usePages } from '../components/pager.js';
import { Plate } from '../components/plate.js';
import { Table } from '../components/table.js';
import { Time } from '../components/time.js';
import { toastProblem } from '../components/toast.js';
import { html } from '../lib/html.js';
import { t, word } from '../lib/i18n.js';
import { href } from '../lib/router.js';
import { may } from '../lib/session.js';
import { EntryDialog, ListDialog } from './wanted-forms.js';

/** @typedef {import('../api/schema.d.ts').ListOut} List */
/** @typedef {import('../api/schema.d.ts').EntryOut} Entry */

/** @param {{ id: string }} props of the list that is open */
export function Lists({ id }) {
  const pages = usePages(
    (cursor, signal) => listBoloLists({ limit: 100, ...(cursor ? { cursor } : {}) }, { signal }),
    'lists',
  );
  const [edited, setEdited] = useState(/** @type {List | 'new' | null} */ (null));
  const list = pages.items.find(one => one.id === id);
  const columns = [
    { name: t('wanted.list'), show: (/** @type {List} */ one) => html`<strong>${one.name}</strong>` },
    {
      name: t('wanted.priority'),
      show: (/** @type {List} */ one) => html`<${StatusBadge} of="priority" value=${one.priority} />`,
    },
    {
      name: t('footage.status'),
      show: (/** @type {List} */ one) => html`<${Active} active=${one.active} />`,
    },
    { name: t('wanted.about'), show: (/** @type {List} */ one) => one.description },
  ];
  const remove = async () => {
    if (!list) return;
    const title = t('wanted.list.remove', { name: list.name });
    if (
      !(await confirm({
        title,
        text: t('wanted.list.remove.text'),
        action: t('wanted.remove'),
        danger: true,
      }))
    )
      return;
    try {
      await deleteBoloList({ list_id: list.id });
      pages.again();
      location.hash = href('wanted/lists');
    } catch (problem) {
      toastProblem(problem);
    }
  };
  const save = async (/** @type {import('../api/schema.d.ts').ListIn} */ body) => {
    if (edited === 'new') await createBoloList({ body });
    else if (edited) await changeBoloList({ list_id: edited.id, body });
    pages.again();
  };
  return html`
    ${
      may('admin') &&
      html`<div class="row actions">
        <${Button} icon="plus" kind="primary" onClick=${() => setEdited('new')}>${t('wanted.list.new')}<//>
        ${list && html`<${Button} onClick=${() => setEdited(list)}>${t('wanted.list.change')}<//><${Button} icon="trash" kind="danger" onClick=${remove}>${t('wanted.list.delete')}<//>`}
      </div>`
    }
    ${
      pages.items.length > 0 &&
      html`<div class="card results"><${Table} caption=${t('wanted.lists')} columns=${columns} rows=${pages.items} current=${id}
        rowKey=${(/** @type {List} */ one) => one.id} href=${(/** @type {List} */ one) => href(`wanted/lists/${one.id}`)} /></div>`
    }
    ${
      pages.fresh && !pages.loading && !pages.problem && pages.items.length === 0
        ? html`<${EmptyFace} icon="wanted" title=${t('wanted.lists.none')} />`
        : html`<${More} pages=${pages} />`
    }
    ${list && html`<${Entries} key=${list.id} list=${list} />`}
    ${edited && html`<${ListDialog} list=${edited === 'new' ? null : edited} save=${save} onClose=${() => setEdited(null)} />`}`;
}

/** @param {{ active: boolean }} props */
const Active = ({ active }) =>
  html`<${Badge} kind=${active ? 'good' : 'dim'}>${active ? t('wanted.active') : t('wanted.inactive')}<//>`;

/** @param {{ list: List }} props */
function Entries({ list }) {
  const pages = usePages(
    (cursor, signal) =>
      listBolos({ list_id: list.id, limit: 100, ...(cursor ? { cursor } : {}) }, { signal }),
    list.id,
  );
  const [edited, setEdited] = useState(/** @type {Entry | 'new' | null} */ (null));
  const changes = may('reviewer');
  const remove = async (/** @type {Entry} */ entry) => {
    const title = t('wanted.entry.remove', { pattern: entry.pattern });
    if (
      !(await confirm({
        title,
        text: t('wanted.entry.remove.text'),
        action: t('wanted.remove'),
        danger: true,
      }))
    )
      return;
    try {
      await deleteBolo({ bolo_id: entry.id });
      pages.update(now => now.filter(one => one.id !== entry.id));
    } catch (problem) {
      toastProblem(problem);
    }
  };
  const columns = [
    {
      name: t('search.plate'),
      show: (/** @type {Entry} */ one) => html`<${Plate} text=${one.pattern} region=${one.region} />`,
    },
    { name: t('wanted.tolerance'), show: (/** @type {Entry} */ one) => word('tolerance', one.tolerance) },
    {
      name: t('wanted.why'),
      show: (/** @type {Entry} */ one) =>
        [one.reason, one.case_number, one.vehicle].filter(Boolean).join(' · '),
    },
    {
      name: t('footage.status'),
      show: (/** @type {Entry} */ one) => html`<${Active} active=${one.active} />`,
    },
    {
      name: t('wanted.until'),
      show: (/** @type {Entry} */ one) => html`<${Time} at=${one.valid_until} style="short" />`,
    },
    ...(changes
      ? [
          {
            name: t('footage.actions'),
            class: 'end',
            show: (/** @type {Entry} */ one) => html`
              <span class="row ends">
                <${Button} onClick=${() => setEdited(one)}>${t('wanted.change')}<//>
                <${Button} icon="trash" kind="quiet" label=${t('wanted.entry.remove', { pattern: one.pattern })} onClick=${() => remove(one)} />
              </span>`,
          },
        ]
      : []),
  ];
  return html`
    <section class="entries" aria-label=${list.name}>
      <div class="row actions">
        <h2 class="grow">${list.name}</h2>
        <a class="button" href=${href('wanted/hits', { list: list.id, status: 'any' })}>${t('wanted.hits')}</a>
        ${changes && html`<${Button} icon="plus" kind="primary" onClick=${() => setEdited('new')}>${t('wanted.entry.new')}<//>`}
      </div>
      ${
        pages.items.length > 0 &&
        html`<div class="card results"><${Table} caption=${list.name} columns=${columns} rows=${pages.items} rowKey=${(/** @type {Entry} */ one) => one.id} /></div>`
      }
      ${
        pages.fresh && !pages.loading && !pages.problem && pages.items.length === 0
          ? html`<${EmptyFace} icon="wanted" title=${t('wanted.entries.none')} />`
          : html`<${More} pages=${pages} />`
      }
      ${edited && html`<${EntryDialog} list=${list} entry=${edited === 'new' ? null : edited} onSaved=${pages.again} onClose=${() => setEdited(null)} />`}
    </section>`;
}
