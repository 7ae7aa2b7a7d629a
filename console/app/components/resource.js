// A list of things that are kept: its table, its end, what can be done with each, and the forms over it.

import { useEffect, useState } from 'preact/hooks';
import { html } from '../lib/html.js';
import { t } from '../lib/i18n.js';
import { Button } from './button.js';
import { confirm } from './dialog.js';
import { EmptyFace } from './face.js';
import { More, usePages } from './pager.js';
import { Table } from './table.js';
import { toast, toastProblem } from './toast.js';

/**
 * Something that can be done: by a form, or at once, perhaps after a question.
 *
 * @typedef {object} Act
 * @property {string} text
 * @property {string} [label] names it to who cannot see which row it stands in
 * @property {import('./icon.js').IconName} [icon]
 * @property {'primary' | 'plain' | 'quiet' | 'danger'} [kind]
 * @property {(over: import('./form.js').Over) => any} [form]
 * @property {{ title: string, text?: string }} [ask]
 * @property {() => Promise<unknown>} [run]
 * @property {string} [said] once it is done
 */

/**
 * @template T
 * @param {{
 *   caption: string,
 *   load: (cursor: string | undefined, signal: AbortSignal) => Promise<{ items: T[], next_cursor?: string | null }>,
 *   question?: string,
 *   columns: { name: string, show: (row: T) => any, class?: string }[],
 *   rowKey?: (row: T) => string,
 *   none: string,
 *   icon?: import('./icon.js').IconName,
 *   make?: Act | null | undefined,
 *   acts?: (row: T) => Act[],
 *   head?: any,
 *   shows?: (row: T) => boolean,
 *   refreshMs?: number,
 *   onChange?: () => void,
 * }} props
 *   `question` says all that `load` depends on; `make` stands above the list, `acts` in each row; `head` is whatever else is
 *   above it, such as filters; `shows` filters what is there already; `onChange` is told when something was done
 */
export function Resource({
  caption,
  load,
  question = '',
  columns,
  rowKey = row => /** @type {any} */ (row).id,
  none,
  icon,
  make,
  acts,
  head,
  shows,
  refreshMs,
  onChange,
}) {
  const page = async (/** @type {string | undefined} */ cursor, /** @type {AbortSignal} */ signal) => {
    const found = await load(cursor, signal);
    return { items: found.items, next_cursor: found.next_cursor ?? null };
  };
  const pages = usePages(page, question);
  useRefresh(pages, page, { rowKey, question, every: refreshMs });
  const [open, setOpen] = useState(/** @type {Act | null} */ (null));
  const changed = () => {
    pages.again();
    onChange?.();
  };
  const begin = async (/** @type {Act} */ act) => {
    if (act.form) return setOpen(act);
    if (act.ask && !(await confirm({ ...act.ask, action: act.text, danger: act.kind === 'danger' }))) return;
    try {
      await act.run?.();
      if (act.said) toast(act.said, { kind: 'good' });
      changed();
    } catch (problem) {
      toastProblem(problem);
    }
  };
  const rows = shows ? pages.items.filter(shows) : pages.items;
  const ends = acts && {
    name: t('footage.actions'),
    class: 'end',
    show: (/** @type {T} */ row) => html`
      <span class="row ends">
        ${acts(row).map(act => html`<${Button} key=${act.text} kind=${act.kind === 'primary' ? 'plain' : act.kind} icon=${act.icon} aria-label=${act.label} onClick=${() => begin(act)}>${act.text}<//>`)}
      </span>`,
  };
  return html`
    ${(head || make) && html`<div class="row actions resource-head">${head}${make && html`<${Button} icon=${make.icon ?? 'plus'} kind=${make.kind ?? 'primary'} onClick=${() => begin(make)}>${make.text}<//>`}</div>`}
    ${
      rows.length > 0 &&
      html`<div class="card results resource"><${Table} caption=${caption} columns=${ends ? [...columns, ends] : columns} rows=${rows} rowKey=${rowKey} /></div>`
    }
    ${
      pages.fresh && !pages.loading && !pages.problem && rows.length === 0 && !pages.more
        ? html`<${EmptyFace} icon=${icon} title=${none} />`
        : html`<${More} pages=${pages} />`
    }
    ${open?.form?.({
      onClose: () => setOpen(null),
      onDone: () => {
        if (open.said) toast(open.said, { kind: 'good' });
        changed();
      },
    })}`;
}

/**
 * Keeps the first page up to date, for what changes by itself; a tab that nobody looks at asks for nothing.
 *
 * @template T
 * @param {import('./pager.js').Pages<T>} pages
 * @param {(cursor: string | undefined, signal: AbortSignal) => Promise<{ items: T[] }>} load
 * @param {{ rowKey: (row: T) => string, question: string, every: number | undefined }} how
 */
function useRefresh({ update }, load, { rowKey, question, every }) {
  useEffect(() => {
    if (!every) return undefined;
    const control = new AbortController();
    const clock = setInterval(async () => {
      if (document.hidden) return;
      try {
        const { items } = await load(undefined, control.signal);
        const known = new Set(items.map(rowKey));
        update(now => [...items, ...now.slice(items.length).filter(row => !known.has(rowKey(row)))]);
      } catch {
        // The line at the top says what is wrong with the connection; what is shown stays.
      }
    }, every);
    return () => {
      clearInterval(clock);
      control.abort();
    };
    // All else is another one each time it is drawn, and does the same
  }, [question, every]);
}
