/**
 * Tables as text, in lines of a given width. Nothing is lost: a long cell continues on the next line, a name breaks at its parts,
 * and columns that do not fit follow in a second table under the same names.
 */
import Table from 'cli-table3';
import { breakText, widthOf } from './width.js';

export interface TextColumn {
  readonly title: string;
  readonly side: 'left' | 'right';
  /** The places at which a long cell may continue on the next line. */
  readonly breaks: 'between words' | 'between parts' | 'never';
}

export interface TextCell {
  readonly lines: readonly string[];
  paint(line: string): string;
}

export interface TextTable {
  readonly columns: readonly TextColumn[];
  /** The first cell of a row names it. */
  readonly rows: readonly (readonly TextCell[])[];
  paintHead(title: string): string;
}

const GAP = 2;
/** A column is not made narrower than this, unless its text is. */
const NARROWEST = 10;

/** Lines of at most `width` cells. */
export function layOut(table: TextTable, width: number): string[] {
  const sizes = table.columns.map((column, c) =>
    sizeOf(column, [column.title, ...table.rows.flatMap((row) => row[c]!.lines)]),
  );
  const [first, ...others] = groupsOf(sizes, width).map((group) => drawGroup(table, group));
  return [...first!, ...others.flatMap((lines) => ['', ...lines])];
}

interface Size {
  readonly natural: number;
  readonly least: number;
}

function sizeOf({ breaks }: TextColumn, texts: readonly string[]): Size {
  const natural = Math.max(...texts.map(widthOf));
  return { natural, least: breaks === 'never' ? natural : Math.min(natural, NARROWEST) };
}

interface Placed {
  readonly column: number;
  readonly width: number;
}

/** The columns of each table. The first column stands in all of them. */
function groupsOf(sizes: readonly Size[], width: number): Placed[][] {
  const groups: number[][] = [[]];
  for (let column = 1; column < sizes.length; column++) {
    const last = groups.at(-1)!;
    const least = [0, ...last, column].reduce((sum, c) => sum + sizes[c]!.least + GAP, -GAP);
    if (last.length === 0 || least <= width) last.push(column);
    else groups.push([column]);
  }
  return groups.map((columns) => shrink([0, ...columns], sizes, width));
}

/** The widest columns give up room until the line fits. */
function shrink(columns: readonly number[], sizes: readonly Size[], width: number): Placed[] {
  const widths = columns.map((column) => sizes[column]!.natural);
  const isShrinkable = (i: number) => widths[i]! > sizes[columns[i]!]!.least;
  while (widths.reduce((sum, one) => sum + one + GAP, -GAP) > width) {
    const [widest] = [...widths.keys()].filter(isShrinkable).sort((a, b) => widths[b]! - widths[a]!);
    if (widest === undefined) break;
    widths[widest]!--;
  }
  return columns.map((column, i) => ({ column, width: Math.min(widths[i]!, width) }));
}

function drawGroup({ columns, rows, paintHead }: TextTable, group: readonly Placed[]): string[] {
  const grid = new Table({
    head: group.map(({ column, width }) =>
      cellOf({ lines: [columns[column]!.title], paint: paintHead }, columns[column]!, width),
    ),
    colAligns: group.map(({ column }) => columns[column]!.side),
    chars: BORDERLESS,
    style: { 'padding-left': 0, 'padding-right': GAP, head: [], border: [] },
  });
  for (const row of rows) grid.push(group.map(({ column, width }) => cellOf(row[column]!, columns[column]!, width)));
  return grid
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}

function cellOf({ lines, paint }: TextCell, { breaks }: TextColumn, width: number): string {
  return lines
    .flatMap((line) => breakText(line, width, breaks === 'between parts' ? 'parts' : 'words'))
    .map(paint)
    .join('\n');
}

const BORDERLESS = Object.fromEntries(
  [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
    'left',
    'left-mid',
    'mid',
    'mid-mid',
    'right',
    'right-mid',
    'middle',
  ].map((name) => [name, '']),
);
