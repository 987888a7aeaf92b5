/** A table of the document as HTML. */
import type { Column, Difference, Table, TableCell } from '../document.js';
import { formatCell, formatCellLines } from '../format.js';
import { plain } from '../text.js';
import { html, type Markup, NOTHING } from './markup.js';

export function renderTable(table: Table): Markup {
  const { name, label, columns, rows } = table;
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="${plain(label)}"><table class="${name}">
      <thead><tr>${columns.map(renderHead)}</tr></thead>
      <tbody>${rows.map((row) => renderRow(row, table))}</tbody></table></div>`;
}

function renderHead({ title, holds, read, metric }: Column): Markup {
  if (title === '') return html`<td></td>`;
  const number = holds === 'numbers' ? html` class="number"` : NOTHING;
  const hint = read === undefined ? NOTHING : html` title="${plain(read)}"`;
  return metric === undefined
    ? html`<th scope="col"${number}${hint}>${plain(title)}</th>`
    : html`<th scope="col"${number}><a class="term" href="#metric-${metric}"${hint}>${plain(title)}</a></th>`;
}

/** A name breaks after the signs between its parts. */
function breakable(text: string): Markup {
  const [first, ...others] = text.split(/(?<=[-:/._@])/).map((part) => html`${part}`);
  return html`${first ?? NOTHING}${others.map((part) => html`<wbr>${part}`)}`;
}

function nameOf(cell: TableCell): Markup {
  const [text, detail] = formatCellLines(cell).map(plain);
  return html`${breakable(text!)}${detail === undefined ? NOTHING : html`<br><small>${breakable(detail)}</small>`}`;
}

function renderRow([first, ...cells]: readonly TableCell[], { columns, shape }: Table): Markup {
  const filled = cells.map((cell, i) => ({ cell, column: columns[i + 1]! }));
  return html`<tr><th scope="row">${nameOf(first!)}</th>${
    shape === 'matrix'
      ? joined(cells).map(renderJoined)
      : filled.map(({ cell, column }) => renderCell(cell, column, shape))
  }</tr>`;
}

function renderCell(cell: TableCell, { title, holds }: Column, shape: Table['shape']): Markup {
  const label = shape === 'cards' && cell.kind !== 'verdict' ? html` data-label="${plain(title)}"` : NOTHING;
  return html`<td${classOf(cell, holds)}${label}>${contentOf(cell)}</td>`;
}

function classOf(cell: TableCell, holds: Column['holds']): Markup {
  if (cell.kind === 'verdict') return html` class="verdict-cell"`;
  if (cell.kind === 'difference') return html` class="difference"`;
  if (cell.kind === 'check') return html` class="check ${cell.state}"`;
  if (cell.kind === 'fit')
    return cell.verdict === 'may fit' ? NOTHING : html` class="${cell.verdict === 'fits' ? 'fits' : 'unfit'}"`;
  switch (holds) {
    case 'numbers':
      return html` class="number"`;
    case 'sentences':
      return html` class="sentences"`;
    case 'names':
    case 'words':
      return NOTHING;
  }
}

function contentOf(cell: TableCell): Markup {
  if (cell.kind === 'difference') return html`${drawDifference(cell)}<small>${formatCell(cell)}</small>`;
  const [text, detail] = formatCellLines(cell).map(plain);
  if (cell.kind === 'missing') return html`<abbr title="${plain(cell.reason)}">${text!}</abbr>`;
  if (cell.kind === 'verdict') return html`<span class="badge ${cell.verdict}">${text!}</span>`;
  return detail === undefined ? html`${text!}` : html`${text!}<br><small>${detail}</small>`;
}

/** The size of a drawn difference, in its own units. */
const DRAWN = { width: 200, height: 18 } as const;

/** The interval as a bar with the difference as a dot; the margin is a dashed line, and what it allows is shaded. */
function drawDifference({ value, low, high, margin, axis: [first, last] }: Difference): Markup {
  const { width, height } = DRAWN;
  const x = (points: number) => (4 + ((points - first) / (last - first)) * (width - 8)).toFixed(1);
  const line = (at: number, kind: string) => html`<path class="${kind}" d="M${x(at)} 0V${height}"/>`;
  return html`<svg viewBox="0 0 ${width} ${height}" aria-hidden="true"><rect class="allowed" x="${x(-margin)}" width="${(width - Number(x(-margin))).toFixed(1)}" height="${height}"/>${line(0, 'zero')}${line(-margin, 'margin')}<path class="interval" d="M${x(low)} ${height / 2}H${x(high)}"/><circle cx="${x(value)}" cy="${height / 2}" r="4"/></svg>`;
}

/** Equal neighbours of a matrix share one cell. */
function joined(cells: readonly TableCell[]): { readonly text: string; readonly span: number }[] {
  const shared: { text: string; span: number }[] = [];
  for (const text of cells.map((cell) => plain(formatCell(cell)))) {
    const last = shared.at(-1);
    if (last?.text === text) last.span++;
    else shared.push({ text, span: 1 });
  }
  return shared;
}

/** An interval stays on its line where there is room. */
function renderJoined({ text, span }: { readonly text: string; readonly span: number }): Markup {
  const parts = text.split(/(\[[^[\]]*\])/);
  const content = html`${parts.map((part, i) => (i % 2 === 0 ? html`${part}` : html`<span class="whole">${part}</span>`))}`;
  return span === 1
    ? html`<td class="sentences">${content}</td>`
    : html`<td class="sentences joined" colspan="${span}">${content}</td>`;
}
