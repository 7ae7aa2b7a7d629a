// Lists of wanted plates; beneath them the one that is open.

import { useState } from 'preact/hooks';
import { changeBoloList, createBoloList, deleteBoloList, listBoloLists } from '../../api/operations.js';
import { StatusBadge } from '../../components/badge.js';
import { Button } from '../../components/button.js';
import { confirm } from '../../components/dialog.js';
import { EmptyFace } from '../../components/face.js';
import { More, usePages } from '../../components/pager.js';
import { Table } from '../../components/table.js';
import { toastProblem } from '../../components/toast.js';
import { html } from '../../lib/html.js';
import { t } from '../../lib/i18n.js';
import { href } from '../../lib/router.js';
import { may } from '../../lib/session.js';
import { Active, Entries } from './entries.js';
import { ListDialog } from './forms.js';
import { Subscriptions } from './subscriptions.js';

/** @typedef {import('../../api/schema.d.ts').ListOut} List */

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
  const save = async (/** @type {import('../../api/schema.d.ts').ListIn} */ body) => {
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
    ${list && may('admin') && html`<${Subscriptions} key=${`told ${list.id}`} list=${list} />`}
    ${edited && html`<${ListDialog} list=${edited === 'new' ? null : edited} save=${save} onClose=${() => setEdited(null)} />`}`;
}
