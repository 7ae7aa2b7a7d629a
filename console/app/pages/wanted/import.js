// A file of entries: what it would do is shown before it does it, and a row that is wrong is mended where it stands.

import { useEffect, useId, useState } from 'preact/hooks';
import { importEntries } from '../../api/operations.js';
import { Button, Toggle } from '../../components/button.js';
import { confirm, Dialog } from '../../components/dialog.js';
import { Loading, problemText } from '../../components/face.js';
import { toast } from '../../components/toast.js';
import { bodyOf, isWhole, linesOf } from '../../lib/csv-file.js';
import { html } from '../../lib/html.js';
import { number, t } from '../../lib/i18n.js';

/** @typedef {import('../../api/schema.d.ts').ImportOut} Report */
/** @typedef {import('../../api/schema.d.ts').RowErrorOut} RowError */

const SHOWN = 100;
const TIMEOUT_MS = 60_000;

/**
 * @param {{ list: import('../../api/schema.d.ts').ListOut, file: File, onDone: () => void, onClose: () => void }} props
 */
export function ImportDialog({ list, file, onDone, onClose }) {
  const [lines, setLines] = useState(/** @type {string[] | null} */ (null));
  const [mended, setMended] = useState(/** @type {Map<number, string>} */ (new Map()));
  const [broad, setBroad] = useState(false);
  const [state, setState] = useState(
    /** @type {{ busy: boolean, problem: unknown, report: Report | null }} */ ({
      busy: true,
      problem: null,
      report: null,
    }),
  );
  /** @param {string[] | null} now @param {boolean} confirmed @param {boolean} dry */
  const send = async (now, confirmed, dry) => {
    setState(before => ({ ...before, busy: true, problem: null }));
    try {
      const body = now ? await bodyOf(now) : new Blob([file], { type: 'text/csv' });
      const args = { list_id: list.id, dry_run: dry, confirm_broad: confirmed, body };
      const report = await importEntries(args, { timeoutMs: TIMEOUT_MS });
      if (dry) {
        setState({ busy: false, problem: null, report });
        return;
      }
      toast(t('wanted.import.done', { added: report.added, updated: report.updated }), { kind: 'good' });
      onDone();
      onClose();
    } catch (problem) {
      setState(before => ({ ...before, busy: false, problem }));
    }
  };
  useEffect(() => {
    let current = true;
    // Another file may be dropped over this one.
    setMended(new Map());
    setState({ busy: true, problem: null, report: null });
    linesOf(file).then(found => {
      if (!current) return;
      setLines(found);
      send(found, broad, true);
    });
    return () => {
      current = false;
    };
  }, [file]);
  const { busy, problem, report } = state;
  const checkAgain = () => {
    const now = lines?.map((line, index) => mended.get(index + 1) ?? line) ?? null;
    setLines(now);
    setMended(new Map());
    return send(now, broad, true);
  };
  const confirmBroad = (/** @type {boolean} */ on) => {
    setBroad(on);
    return send(lines, on, true);
  };
  const mend = (/** @type {number} */ line, /** @type {string} */ text) =>
    setMended(now => new Map(now).set(line, text));
  const leave = async () => {
    const [title, text] = [t('wanted.import.leave'), t('wanted.import.leave.text')];
    if (mended.size === 0 || (await confirm({ title, text, action: t('common.close') }))) onClose();
  };
  const good = report ? report.added + report.updated : 0;
  const footer = html`
    ${mended.size > 0 && html`<${Button} kind="primary" icon="refresh" busy=${busy} onClick=${checkAgain}>${t('wanted.import.check')}<//>`}
    <${Button} kind=${mended.size > 0 ? 'plain' : 'primary'} icon="upload" busy=${busy} disabled=${good === 0 || mended.size > 0}
      onClick=${() => send(lines, broad, false)}>${t('wanted.import.go', { count: good })}<//>`;
  return html`
    <${Dialog} wide title=${t('wanted.import.title', { name: list.name })} onClose=${leave} footer=${footer}>
      <p class="file-name">${file.name}</p>
      ${busy && html`<${Loading} />`}
      ${problem ? html`<p class="error" role="alert">${problemText(problem)}</p>` : null}
      ${report && html`<${Totals} report=${report} />`}
      ${report && html`<${Rows} title=${t('wanted.import.errors', { count: report.rejected })} kind="error" rows=${report.errors} lines=${lines} mended=${mended} onMend=${mend} />`}
      ${report && html`<${Rows} title=${t('wanted.import.doubts', { count: report.unsure })} kind="doubt" rows=${report.doubts} lines=${lines} mended=${mended} onMend=${mend} />`}
      <${Toggle} label=${t('wanted.broad')} checked=${broad} onChange=${confirmBroad} />
    <//>`;
}

/** @param {{ report: Report }} props */
const Totals = ({ report }) => html`
  <dl class="totals" aria-label=${t('wanted.import.would')}>
    ${[
      [t('wanted.import.rows'), report.rows],
      [t('wanted.import.added'), report.added],
      [t('wanted.import.updated'), report.updated],
      [t('wanted.import.unchanged'), report.unchanged],
      [t('wanted.import.rejected'), report.rejected],
    ].map(
      ([name, count]) => html`<div><dt>${name}</dt><dd>${number(/** @type {number} */ (count))}</dd></div>`,
    )}
  </dl>`;

/**
 * The rows that something is wrong with, as the file has them.
 * @param {{ title: string, kind: 'error' | 'doubt', rows: RowError[], lines: string[] | null, mended: Map<number, string>, onMend: (line: number, text: string) => void }} props
 */
function Rows({ title, kind, rows, lines, mended, onMend }) {
  if (rows.length === 0) return null;
  return html`
    <section class="file-rows">
      <h3>${title}</h3>
      <ul>
        ${rows
          .slice(0, SHOWN)
          .map(
            row =>
              html`<${Row} key=${row.line} row=${row} kind=${kind} text=${mended.get(row.line) ?? lines?.[row.line - 1]} onMend=${onMend} />`,
          )}
      </ul>
      ${rows.length > SHOWN && html`<p class="hint">${t('wanted.import.further', { count: rows.length - SHOWN })}</p>`}
    </section>`;
}

/** @param {{ row: RowError, kind: 'error' | 'doubt', text: string | undefined, onMend: (line: number, text: string) => void }} props */
function Row({ row, kind, text, onMend }) {
  const id = useId();
  const name = t('wanted.import.line', { line: String(row.line) });
  return html`
    <li class=${kind}>
      <span class="line-number" aria-hidden="true">${row.line}</span>
      ${
        text !== undefined && isWhole(text)
          ? html`<input value=${text} aria-label=${name} aria-invalid=${kind === 'error' ? 'true' : undefined} aria-describedby=${id} spellcheck=${false}
              autocomplete="off" onInput=${(/** @type {any} */ event) => onMend(row.line, event.currentTarget.value)} />`
          : html`<code aria-label=${name}>${text ?? row.plate}</code>`
      }
      <p class=${kind === 'error' ? 'error' : 'hint'} id=${id}>${row.detail}</p>
    </li>`;
}
