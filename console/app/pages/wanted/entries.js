// The entries of one list: by hand, or from a file.

import { useState } from 'preact/hooks';
import { deleteBolo, exportEntries, listBolos } from '../../api/operations.js';
import { Badge } from '../../components/badge.js';
import { Button } from '../../components/button.js';
import { Chooser } from '../../components/chooser.js';
import { confirm } from '../../components/dialog.js';
import { DropAnywhere } from '../../components/drop.js';
import { EmptyFace } from '../../components/face.js';
import { More, usePages } from '../../components/pager.js';
import { Plate } from '../../components/plate.js';
import { Table } from '../../components/table.js';
import { Time } from '../../components/time.js';
import { toastProblem } from '../../components/toast.js';
import { save } from '../../lib/csv.js';
import { html } from '../../lib/html.js';
import { t, word } from '../../lib/i18n.js';
import { href } from '../../lib/router.js';
import { may } from '../../lib/session.js';
import { EntryDialog } from './forms.js';
import { ImportDialog } from './import.js';
import { SearchBackDialog } from './trial.js';

/** @typedef {import('../../api/schema.d.ts').ListOut} List */
/** @typedef {import('../../api/schema.d.ts').EntryOut} Entry */
/** @typedef {{ form: 'entry', entry: Entry | null } | { form: 'back', entry: Entry } | { form: 'import', file: File }} Open */

/** @param {{ active: boolean }} props */
export const Active = ({ active }) =>
  html`<${Badge} kind=${active ? 'good' : 'dim'}>${active ? t('wanted.active') : t('wanted.inactive')}<//>`;

/** @param {{ list: List }} props */
export function Entries({ list }) {
  const pages = usePages(
    (cursor, signal) =>
      listBolos({ list_id: list.id, limit: 100, ...(cursor ? { cursor } : {}) }, { signal }),
    list.id,
  );
  const [open, setOpen] = useState(/** @type {Open | null} */ (null));
  const changes = may('reviewer');
  const takeFile = (/** @type {File[]} */ files) => files[0] && setOpen({ form: 'import', file: files[0] });
  const remove = async (/** @type {Entry} */ entry) => {
    const title = t('wanted.entry.remove', { pattern: entry.pattern });
    const text = t('wanted.entry.remove.text');
    if (!(await confirm({ title, text, action: t('wanted.remove'), danger: true }))) return;
    try {
      await deleteBolo({ bolo_id: entry.id });
      pages.update(now => now.filter(one => one.id !== entry.id));
    } catch (problem) {
      toastProblem(problem);
    }
  };
  return html`
    <section class="entries" aria-label=${list.name}>
      <div class="row actions">
        <h2 class="grow">${list.name}</h2>
        <a class="button" href=${href('wanted/hits', { list: list.id, status: 'any' })}>${t('wanted.hits')}</a>
        ${
          changes &&
          html`
            <${Button} icon="download" onClick=${() => saveEntries(list)}>${t('wanted.export')}<//>
            <${Chooser} text=${t('wanted.import')} accept=".csv,.txt,.tsv,text/csv" onFiles=${takeFile} />
            <${Button} icon="plus" kind="primary" onClick=${() => setOpen({ form: 'entry', entry: null })}>${t('wanted.entry.new')}<//>
            <${DropAnywhere} text=${t('wanted.import.drop', { name: list.name })} onFiles=${takeFile} />`
        }
      </div>
      ${
        pages.items.length > 0 &&
        html`<div class="card results"><${Table} caption=${list.name} columns=${columnsOf(changes, setOpen, remove)} rows=${pages.items} rowKey=${(/** @type {Entry} */ one) => one.id} /></div>`
      }
      ${
        pages.fresh && !pages.loading && !pages.problem && pages.items.length === 0
          ? html`<${EmptyFace} icon="wanted" title=${t('wanted.entries.none')}>${changes ? t('wanted.entries.none.text') : null}<//>`
          : html`<${More} pages=${pages} />`
      }
      ${open?.form === 'entry' && html`<${EntryDialog} list=${list} entry=${open.entry} onSaved=${pages.again} onClose=${() => setOpen(null)} />`}
      ${open?.form === 'back' && html`<${SearchBackDialog} entry=${open.entry} onClose=${() => setOpen(null)} />`}
      ${open?.form === 'import' && html`<${ImportDialog} list=${list} file=${open.file} onDone=${pages.again} onClose=${() => setOpen(null)} />`}
    </section>`;
}

/**
 * @param {boolean} changes
 * @param {(open: Open) => void} open
 * @param {(entry: Entry) => void} remove
 */
function columnsOf(changes, open, remove) {
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
  ];
  if (!changes) return columns;
  const actions = {
    name: t('footage.actions'),
    class: 'end',
    show: (/** @type {Entry} */ one) => html`
      <span class="row ends">
        <${Button} onClick=${() => open({ form: 'entry', entry: one })} aria-label=${t('wanted.entry.change.one', { pattern: one.pattern })}>${t('wanted.change')}<//>
        <${Button} onClick=${() => open({ form: 'back', entry: one })} aria-label=${t('wanted.back.title', { pattern: one.pattern })}>${t('wanted.back')}<//>
        <${Button} icon="trash" kind="quiet" label=${t('wanted.entry.remove', { pattern: one.pattern })} onClick=${() => remove(one)} />
      </span>`,
  };
  return [...columns, actions];
}

/** A long list comes in parts, each with the columns' names. @param {List} list */
async function saveEntries(list) {
  const parts = [];
  /** @type {string | null} */
  let cursor = null;
  try {
    do {
      /** @type {string | null} */
      let link = null;
      const onResponse = (/** @type {Response} */ response) => {
        link = response.headers.get('link');
      };
      const part = await exportEntries(
        { list_id: list.id, ...(cursor ? { cursor } : {}) },
        { headers: { accept: 'text/csv' }, onResponse },
      );
      parts.push(parts.length ? part.slice(part.indexOf('\n') + 1) : part);
      cursor = /[?&]cursor=([^>&]+)>/.exec(link ?? '')?.[1] ?? null;
    } while (cursor);
    save(`${list.name}.csv`, `\ufeff${parts.join('')}`);
  } catch (problem) {
    toastProblem(problem);
  }
}
