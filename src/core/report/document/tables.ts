/** Tables of what may be missing: columns without any value are left out, and each reason is given once. */
import { type Block, type Column, type Table, type TableCell, textCell } from '../document.js';
import { formatCell, list } from '../format.js';

/** A column that knows how to fill its cells. */
export interface Filled<Row> extends Column {
  cell(row: Row): TableCell;
}

export function tableOf<Row>(
  about: Pick<Table, 'name' | 'label'>,
  columns: readonly Filled<Row>[],
  rows: readonly Row[],
): Table {
  return {
    kind: 'table',
    ...about,
    columns: columns.map(({ cell: _cell, ...column }) => column),
    rows: rows.map((row) => columns.map(({ cell }) => cell(row))),
    shape: 'list',
  };
}

/** Why cells of the table have no value. */
export function reasonsList(table: Table): Block[] {
  return listOf('Not known', reasonsOf(table));
}

/** A list that has items. */
export function listOf(title: string, items: readonly string[]): Block[] {
  return items.length === 0 ? [] : [{ kind: 'list', title, items }];
}

/** The same for a matrix, whose columns are the things. */
export function reasonsOfMatrix({ columns, rows, ...table }: Table): Block[] {
  return reasonsList({
    ...table,
    columns: [
      { title: '', holds: 'names' },
      ...rows.map(([name]) => ({ title: formatCell(name!), holds: 'words' as const })),
    ],
    rows: columns.slice(1).map(({ title }, c) => [textCell(title), ...rows.map((row) => row[c + 1]!)]),
  });
}

/** The table without rows in which no cell has a value. */
export function withoutEmptyRows(table: Table): Table {
  return { ...table, rows: table.rows.filter(([, ...cells]) => cells.some(({ kind }) => kind !== 'missing')) };
}

/** The table without columns in which no cell has a value. */
export function withoutEmptyColumns(table: Table): Table {
  const isKept = (_: unknown, c: number) => table.rows.some((row) => row[c]!.kind !== 'missing');
  return { ...table, columns: table.columns.filter(isKept), rows: table.rows.map((row) => row.filter(isKept)) };
}

/** More names than this are counted. */
const MOST_NAMES = 4;

/** `Load time and Peak memory of large: the model was never opened`; without names where it is so in all rows. */
export function reasonsOf({ columns, rows }: Table): string[] {
  const whose = columns.flatMap(({ title }, c) => {
    const byReason = new Map<string, string[]>();
    for (const row of rows) {
      const cell = row[c]!;
      if (cell.kind === 'missing')
        byReason.set(cell.reason, [...(byReason.get(cell.reason) ?? []), nameOfRow(columns, row)]);
    }
    return joinAlike([...byReason]).map(({ reason, names }) => ({
      title,
      whose: `${names.length === rows.length ? '' : ` of ${listNames(names)}`}: ${reason}`,
    }));
  });
  const titles = new Map<string, string[]>();
  for (const { title, whose: key } of whose) titles.set(key, [...(titles.get(key) ?? []), title]);
  return [...titles].map(([key, names]) => `${list(names)}${key}`);
}

/** `closed 4 (small)`: the cells before the first that is no name. */
function nameOfRow(columns: Table['columns'], row: Table['rows'][number]): string {
  const end = columns.findIndex(({ holds }) => holds !== 'names');
  const [name, ...others] = row.slice(0, Math.max(1, end < 0 ? row.length : end)).map(formatCell);
  return others.length === 0 ? name! : `${name} (${others.join(', ')})`;
}

/** A number by itself: not the 4 of `q4_0`, and not that of `rtx-4090`. */
const NUMBER = /(?<![\w.,-])\d+(?:,\d{3})*(?:\.\d+)?(?![\w-]|[.,]\d)/g;

/** Reasons that differ in numbers alone are said once, with the range of each number: `it needs 12 to 340 more requests`. */
function joinAlike(reasons: readonly (readonly [reason: string, names: readonly string[]])[]) {
  const alike = new Map<string, { readonly reasons: string[]; readonly names: string[] }>();
  for (const [reason, names] of reasons) {
    const form = reason.replace(NUMBER, '#');
    const joined = alike.get(form) ?? { reasons: [], names: [] };
    joined.reasons.push(reason);
    joined.names.push(...names);
    alike.set(form, joined);
  }
  return [...alike.values()].map((joined) => ({ reason: withRanges(joined.reasons), names: joined.names }));
}

/** @param reasons Texts that differ in numbers alone. */
function withRanges(reasons: readonly string[]): string {
  const numbers = reasons.map((reason) => reason.match(NUMBER) ?? []);
  let at = 0;
  return reasons[0]!.replace(NUMBER, (first) => {
    const ofAll = numbers.map((found) => found[at]!);
    at++;
    const ascending = ofAll.toSorted((a, b) => numberIn(a) - numberIn(b));
    const [least, most] = [ascending[0]!, ascending.at(-1)!];
    return least === most ? first : `${least} to ${most}`;
  });
}

function numberIn(text: string): number {
  return Number(text.replaceAll(',', ''));
}

function listNames(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return more > 1 ? `${names.slice(0, MOST_NAMES).join(', ')} and ${more} more` : list(names);
}
