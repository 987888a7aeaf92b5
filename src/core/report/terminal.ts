/**
 * Renders the brief of the document for a terminal. Tables give up columns from the right and shorten names until they fit the
 * width, which is counted in cells.
 */
import Table from 'cli-table3';
import type { Block, Brief, BriefSuite, Table as DocumentTable, TableCell, VerdictKind } from './document.js';
import { formatCell } from './format.js';
import { plain, wrapLines } from './text.js';
import { shortenName, shortenToWidth, widthOf } from './width.js';

export interface TerminalOptions {
  /** Cells in a line. */
  readonly columns: number;
  /** Whether to use ANSI colours; false for `NO_COLOR`, and where the output is not a terminal. */
  readonly color: boolean;
}

/** The text ends with a line break; the caller prints it as it is. */
export function renderTerminal({ suites, run, warning }: Brief, { columns, color }: TerminalOptions): string {
  const screen = { columns, paint: painter(color) };
  const notes = [
    screen.paint.dim(wrap(run, screen)),
    ...(warning === null ? [] : [screen.paint.yellow(renderWarning(warning, screen))]),
  ];
  return `${[...suites.map((suite) => renderSuite(suite, screen)), notes.join('\n')].join('\n\n')}\n`;
}

/** Renders blocks of the document, such as a comparison, in the same way. */
export function renderBlocks(title: string, blocks: readonly Block[], { columns, color }: TerminalOptions): string {
  const screen = { columns, paint: painter(color) };
  const parts = [screen.paint.bold(wrap(title, screen)), ...blocks.map((block) => renderBlock(block, screen))];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function renderBlock(block: Block, screen: Screen): string {
  const { paint } = screen;
  switch (block.kind) {
    case 'section':
      return [paint.bold(wrap(block.heading, screen)), ...block.body.map((inner) => renderBlock(inner, screen))].join(
        '\n',
      );
    case 'table':
      return renderTable(block, screen);
    case 'text':
      return paint.dim(wrap(block.text, screen));
    case 'note':
      return (block.alarm ? paint.red : paint.yellow)(wrap(block.text, screen));
    case 'list': {
      const items = block.items.map((item) => wrap(`- ${item}`, screen));
      return [...(block.title === undefined ? [] : [`${block.title}:`]), ...items].join('\n');
    }
    case 'facts':
      return block.facts.map(([name, value]) => wrap(`${name}: ${value}`, screen)).join('\n');
    case 'commands':
      return block.commands.map(plain).join('\n');
    case 'terms':
    case 'warnings':
    case 'metrics':
    case 'legend':
    case 'charts':
    case 'samples':
      return '';
  }
}

type Paint = Readonly<Record<'bold' | 'dim' | 'green' | 'yellow' | 'red', (text: string) => string>>;

interface Screen {
  readonly columns: number;
  readonly paint: Paint;
}

function renderSuite({ heading, verdict, verdicts, pair, reasons, models }: BriefSuite, screen: Screen): string {
  const { paint } = screen;
  return [
    paint.bold(wrap(heading, screen)),
    colourOf(verdict.kind, paint)(wrap(verdict.sentence, screen)),
    '',
    renderTable(verdicts, screen),
    ...(pair === null ? [] : [paint.dim(wrap(pair, screen))]),
    '',
    ...reasons.map((reason) => wrap(reason, screen)),
    '',
    renderTable(models, screen),
  ].join('\n');
}

function renderWarning({ text, rest }: NonNullable<Brief['warning']>, { columns }: Screen): string {
  return `${shortenToWidth(plain(text), columns - widthOf(rest))}${rest}`;
}

function colourOf(kind: VerdictKind, paint: Paint): (text: string) => string {
  switch (kind) {
    case 'slm-fits':
    case 'cascade':
    case 'by-task':
      return paint.green;
    case 'llm-needed':
    case 'inconclusive':
    case 'one-class':
      return paint.yellow;
    case 'nothing-passes':
    case 'not-measured':
      return paint.red;
  }
}

const GAP = 2;
/** What gives way to the width, in this order: long names, the columns on the right, then names again. */
const STEPS = [
  { shortestName: 24, fewestColumns: Number.POSITIVE_INFINITY },
  { shortestName: 24, fewestColumns: 5 },
  { shortestName: 8, fewestColumns: 5 },
  { shortestName: 8, fewestColumns: 2 },
] as const;

function renderTable(table: DocumentTable, { columns, paint }: Screen): string {
  const { columns: all, rows } = withoutEmptyColumns(table);
  const texts = rows.map((row) => row.map((cell) => plain(formatCell(cell))));
  const widths = fitWidths(
    all.map(({ title, holds }, c) => ({
      width: Math.max(widthOf(title), ...texts.map((row) => widthOf(row[c]!))),
      isName: holds === 'names',
    })),
    columns,
  );
  const shown = all.slice(0, widths.length);
  const grid = new Table({
    head: shown.map(({ title }) => paint.dim(plain(title))),
    colAligns: shown.map(({ holds }) => (holds === 'numbers' ? 'right' : 'left')),
    chars: BORDERLESS,
    style: { 'padding-left': 0, 'padding-right': GAP, head: [], border: [] },
  });
  rows.forEach((row, r) => {
    grid.push(widths.map((width, c) => colourCell(row[c]!, paint)(shortenName(texts[r]![c]!, width))));
  });
  const lines = grid
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
  return [...lines, ...(table.rest === undefined ? [] : [paint.dim(table.rest)])].join('\n');
}

/** A terminal has no room for a column in which no cell has a value. */
function withoutEmptyColumns({ columns, rows }: DocumentTable): Pick<DocumentTable, 'columns' | 'rows'> {
  const isKept = (_: unknown, c: number) => rows.some((row) => row[c]!.kind !== 'missing');
  return { columns: columns.filter(isKept), rows: rows.map((row) => row.filter(isKept)) };
}

/** The widths of the columns that fit into a line, from the left. */
function fitWidths(wanted: readonly { readonly width: number; readonly isName: boolean }[], columns: number): number[] {
  const widths = wanted.map(({ width }) => width);
  const total = () => widths.reduce((sum, width) => sum + width + GAP, -GAP);
  for (const { shortestName, fewestColumns } of STEPS) {
    while (total() > columns) {
      const widest = widestName(widths, (c) => wanted[c]!.isName && widths[c]! > shortestName);
      if (widest !== undefined) widths[widest]!--;
      else if (widths.length > fewestColumns) widths.pop();
      else break;
    }
  }
  return widths;
}

function widestName(widths: readonly number[], mayShrink: (column: number) => boolean): number | undefined {
  return [...widths.keys()].filter(mayShrink).sort((a, b) => widths[b]! - widths[a]!)[0];
}

function colourCell(cell: TableCell, paint: Paint): (text: string) => string {
  return cell.kind === 'verdict' ? colourOf(cell.verdict, paint) : (text) => text;
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

function wrap(text: string, { columns }: Screen): string {
  return wrapLines(plain(text), columns, widthOf).join('\n');
}

function painter(color: boolean): Paint {
  const style = (open: number, close: number) => (text: string) =>
    color && text !== ''
      ? text
          .split('\n')
          .map((line) => `\u001b[${open}m${line}\u001b[${close}m`)
          .join('\n')
      : text;
  return { bold: style(1, 22), dim: style(2, 22), green: style(32, 39), yellow: style(33, 39), red: style(31, 39) };
}
