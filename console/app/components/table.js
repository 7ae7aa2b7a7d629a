import { html } from '../lib/html.js';

/**
 * A table whose rows may lead somewhere. On a narrow screen each row is a card, with the columns' names beside the values.
 *
 * @template T
 * @param {{
 *   caption: string,
 *   columns: { name: string, show: (row: T) => any, class?: string }[],
 *   rows: T[],
 *   rowKey: (row: T) => string,
 *   href?: (row: T) => string,
 *   current?: string | undefined,
 * }} props `href` makes the first column a link; `current` is the key of the row that is open
 */
export function Table({ caption, columns, rows, rowKey, href, current }) {
  return html`
    <div class="table-frame">
      <table class="table">
        <caption class="visually-hidden">${caption}</caption>
        <thead><tr>${columns.map(column => html`<th scope="col" class=${column.class}>${column.name}</th>`)}</tr></thead>
        <tbody>
          ${rows.map(
            row => html`
              <tr key=${rowKey(row)} class=${href ? 'leads' : ''} aria-current=${rowKey(row) === current ? 'true' : undefined}>
                ${columns.map(
                  (column, index) => html`
                    <td class=${column.class} data-name=${column.name}>
                      ${
                        href && index === 0
                          ? html`<a class="row-link" href=${href(row)}>${column.show(row)}</a>`
                          : column.show(row)
                      }
                    </td>`,
                )}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}
