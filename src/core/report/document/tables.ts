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
        byReason.set(cell.reason, [...(byReason.get(cell.reason) ?? []), formatCell(row[0]!)]);
    }
    return joinAlike([...byReason]).map(({ reason, names, isOne }) => ({
      title,
      whose: `${names.length === rows.length ? '' : ` of ${listNames(names)}`}: ${reason}${isOne ? '' : ` (${names[0]}; the others alike)`}`,
    }));
  });
  const titles = new Map<string, string[]>();
  for (const { title, whose: key } of whose) titles.set(key, [...(titles.get(key) ?? []), title]);
  return [...titles].map(([key, names]) => `${list(names)}${key}`);
}

/** Reasons that differ in their numbers alone are said once, with the numbers of the first. */
function joinAlike(reasons: readonly (readonly [reason: string, names: readonly string[]])[]) {
  const joined = new Map<string, { readonly reason: string; names: readonly string[]; isOne: boolean }>();
  for (const [reason, names] of reasons) {
    const form = reason.replace(/\d[\d.,]*/g, '#');
    const first = joined.get(form);
    if (first === undefined) joined.set(form, { reason, names, isOne: true });
    else joined.set(form, { ...first, names: [...first.names, ...names], isOne: false });
  }
  return [...joined.values()];
}

function listNames(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return more > 1 ? `${names.slice(0, MOST_NAMES).join(', ')} and ${more} more` : list(names);
}
