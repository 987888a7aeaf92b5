/** Renders the brief of the document for a terminal, whose width is counted in cells. */
import type { Block, Brief, BriefSuite, Column, Table, TableCell, VerdictKind } from './document.js';
import { formatCellLines } from './format.js';
import { plain } from './text.js';
import { layOut, type TextColumn } from './text-table.js';
import { breakText } from './width.js';

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
    ...(warning === null ? [] : [screen.paint.yellow(wrap(`${warning.text}${warning.rest}`, screen))]),
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
    case 'counts':
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

function renderSuite(
  { heading, verdict, alarms, verdicts, reasons, models, machines, commands }: BriefSuite,
  screen: Screen,
): string {
  const { paint } = screen;
  return [
    paint.bold(wrap(heading, screen)),
    ...alarms.map((alarm) => paint.red(wrap(alarm, screen))),
    colourOf(verdict.kind, paint)(wrap(verdict.sentence, screen)),
    paint.dim(wrap(verdict.key, screen)),
    '',
    renderTable(verdicts, screen),
    '',
    ...reasons.map((reason) => wrap(reason, screen)),
    '',
    renderTable(models, screen),
    ...(machines.length === 0 ? [] : ['', ...machines.map((sentence) => wrap(sentence, screen))]),
    // A command is not broken, so that it can be copied.
    ...(commands.length === 0 ? [] : ['', 'Next:', ...commands.map((command) => `  ${plain(command)}`)]),
  ].join('\n');
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

function renderTable({ columns, rows, rest }: Table, { columns: width, paint }: Screen): string {
  const table = {
    columns: columns.map(textColumn),
    rows: rows.map((row) =>
      row.map((cell) => ({ lines: formatCellLines(cell).map(plain), paint: painterOf(cell, paint) })),
    ),
    paintHead: paint.dim,
  };
  return [...layOut(table, width), ...(rest === undefined ? [] : [paint.dim(rest)])].join('\n');
}

function textColumn({ title, holds }: Column): TextColumn {
  return { title: plain(title), side: holds === 'numbers' ? 'right' : 'left', breaks: BREAKS[holds] };
}

const BREAKS = {
  names: 'between parts',
  words: 'between words',
  sentences: 'between words',
  numbers: 'never',
} as const satisfies Record<Column['holds'], TextColumn['breaks']>;

function painterOf(cell: TableCell, paint: Paint): (text: string) => string {
  if (cell.kind === 'verdict') return colourOf(cell.verdict, paint);
  if (cell.kind !== 'check') return (text) => text;
  return { met: paint.green, missed: paint.red, undecided: paint.yellow, unknown: paint.yellow }[cell.state];
}

function wrap(text: string, { columns }: Screen): string {
  return breakText(plain(text), columns, 'words').join('\n');
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
