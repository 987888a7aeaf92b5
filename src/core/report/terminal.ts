/**
 * The report for a terminal: the answer, why, and what it cost, in thirty lines; the whole of it is in report.md. Tables give up
 * columns from the right and shorten names until they fit the width, and end early where there are many tasks or models.
 */
import Table from 'cli-table3';
import type { Analysis, SuiteAnalysis } from '../analyse/analysis.js';
import { estimateAt } from '../analyse/distribution.js';
import { isMissing, type Missing } from '../quantity.js';
import type { Comparison } from '../recommend/comparison.js';
import type { Recommendation, SuiteRecommendation, TaskRecommendation } from '../recommend/recommendation.js';
import { brieflyByTask } from './brief.js';
import { ABSENT, formatBytes, formatCount, formatEstimate, formatRatio, formatSeconds, plural } from './format.js';
import { allWarnings, decisiveComparison, differenceOf, inverse } from './tables.js';
import { plain, shorten, shortenName } from './text.js';
import { describeRun, describeSuite, VERDICT_NAMES } from './words.js';

export interface TerminalOptions {
  /** Characters in a line. */
  readonly columns: number;
  /** Whether to use ANSI colours; false for `NO_COLOR` and for anything that is no terminal. */
  readonly color: boolean;
}

/** The tables end with a line break; the caller prints them as they are. */
export function renderTerminal(analysis: Analysis, recommendation: Recommendation, options: TerminalOptions): string {
  const paint = painter(options.color);
  const parts = analysis.suites.map((suite, i) =>
    renderSuite(analysis, suite, recommendation.suites[i]!, { ...options, paint }),
  );
  return `${[...parts, renderNotes(analysis, { ...options, paint })].join('\n\n')}\n`;
}

type Paint = Readonly<Record<'bold' | 'dim' | 'green' | 'yellow' | 'red', (text: string) => string>>;
type Context = TerminalOptions & { readonly paint: Paint };

function renderSuite(
  analysis: Analysis,
  suite: SuiteAnalysis,
  recommended: SuiteRecommendation,
  context: Context,
): string {
  const { paint, columns } = context;
  return [
    paint.bold(wrap(plain(suite.title), columns)),
    colourOf(recommended.verdict.kind, paint)(wrap(plain(describeSuite(recommended)), columns)),
    '',
    verdictTable(recommended, context),
    '',
    firstOf(brieflyByTask(recommended), { most: MOST_REASONS, rest: 'more reasons' })
      .map((line) => wrap(plain(line), columns))
      .join('\n'),
    '',
    modelTable(analysis, suite, context),
  ].join('\n');
}

/** What a screen has room for; the rest is in the report. */
const MOST_ROWS = 12;

const MOST_REASONS = 6;

function firstOf(lines: readonly string[], { most, rest }: { readonly most: number; readonly rest: string }): string[] {
  const more = lines.length - most;
  return more <= 1 ? [...lines] : [...lines.slice(0, most), `${more} ${rest} are in the report`];
}

function colourOf(kind: SuiteRecommendation['verdict']['kind'] | TaskRecommendation['verdict']['kind'], paint: Paint) {
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

function verdictTable(recommended: SuiteRecommendation, { columns, paint }: Context): string {
  const compared = recommended.tasks.map((task) => ({ task, comparison: decisiveComparison(task) }));
  const pairs = new Set(compared.flatMap(({ comparison }) => (comparison === null ? [] : [pairOf(comparison)])));
  const [only] = pairs;
  // One pair is named once, and leaves its column to the numbers.
  const named = pairs.size === 1 ? [] : ['SLM'];
  const rows = compared.map(({ task, comparison }) => [
    plain(task.task),
    VERDICT_NAMES[task.verdict.kind],
    ...named.map(() => (comparison === null ? ABSENT : plain(comparison.candidate))),
    comparison === null ? ABSENT : differenceOf(comparison),
    comparison === null ? ABSENT : ratio(inverse(comparison.factors.e2e)),
    comparison === null ? ABSENT : ratio(comparison.factors.memory),
    comparison === null ? ABSENT : ratio(comparison.factors.cost),
  ]);
  const costless = rows.every((row) => row.at(-1) === ABSENT);
  const shown = (row: readonly string[]) => (costless ? row.slice(0, -1) : row);
  const table = layOut(
    {
      head: shown(['task', 'verdict', ...named, 'quality, points', 'speed', 'memory', 'cost']),
      rows: rows.map(shown),
      flexible: [0, 2].slice(0, 1 + named.length),
      left: 2 + named.length,
      colours: recommended.tasks.map(({ verdict }) => colourOf(verdict.kind, paint)),
      coloured: 1,
      more: 'more tasks',
    },
    { columns, paint },
  );
  return pairs.size === 1 ? `${table}\n${paint.dim(wrap(plain(`Points and factors: ${only}.`), columns))}` : table;
}

function pairOf({ candidate, reference }: Comparison): string {
  return `${candidate} against ${reference}`;
}

function ratio(factor: { readonly value: number } | Missing): string {
  return isMissing(factor) ? ABSENT : formatRatio(factor.value);
}

function modelTable(analysis: Analysis, suite: SuiteAnalysis, { columns, paint }: Context): string {
  const rows = analysis.models.map((model, i) => {
    const { quality, metrics } = suite.overall[i]!;
    const median = (metric: keyof typeof metrics, format: (value: number) => string) => {
      const estimate = estimateAt(metrics[metric], 'median');
      return isMissing(estimate) ? ABSENT : format(estimate.value);
    };
    const { resident } = model.memory.peak;
    return [
      plain(model.id),
      model.class ?? '?',
      formatEstimate(quality, 'score'),
      median('ttft', formatSeconds),
      median('decodeRate', formatCount),
      isMissing(resident) ? ABSENT : formatBytes(resident.max),
      median('e2e', formatSeconds),
      isMissing(model.metrics.load) ? ABSENT : formatSeconds(model.metrics.load.median),
    ];
  });
  return layOut(
    {
      head: ['model', '', 'quality', 'TTFT', 'tok/s', 'memory', 'e2e', 'load'],
      rows,
      flexible: [0],
      left: 2,
      colours: [],
      coloured: 0,
      more: 'more models',
    },
    { columns, paint },
  );
}

/** Whether the run is whole, and the first thing that spoils its numbers. */
function renderNotes(analysis: Analysis, { columns, paint }: Context): string {
  const notes = allWarnings(analysis);
  const [first] = notes;
  const count = notes.length > 1 ? ` (and ${plural(notes.length - 1, 'more warning')} in the report)` : '';
  return [
    paint.dim(wrap(plain(describeRun(analysis)), columns)),
    ...(first === undefined
      ? []
      : [paint.yellow(`${shorten(plain(`! ${first.what}`), columns - count.length)}${count}`)]),
  ].join('\n');
}

interface Rows {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Columns of names, which may be shortened. */
  readonly flexible: readonly number[];
  /** So many columns stand left, numbers stand right. */
  readonly left: number;
  readonly colours: readonly ((text: string) => string)[];
  /** The column that is coloured. */
  readonly coloured: number;
  /** What the rows are that are left out where there are too many. */
  readonly more: string;
}

const GAP = 2;
/** What gives way to the width, in this order: long names, the columns on the right, then names again. */
const STEPS = [
  { shortestName: 24, fewestColumns: Number.POSITIVE_INFINITY },
  { shortestName: 24, fewestColumns: 5 },
  { shortestName: 8, fewestColumns: 5 },
  { shortestName: 8, fewestColumns: 2 },
] as const;

function layOut(
  { head, rows: all, flexible, left, colours, coloured, more }: Rows,
  { columns, paint }: { readonly columns: number; readonly paint: Paint },
): string {
  const rows = all.length > MOST_ROWS + 1 ? all.slice(0, MOST_ROWS) : all;
  let shown = head.length;
  let widths = head.map((title, c) => Math.max(title.length, ...rows.map((row) => [...row[c]!].length)));
  const total = () => widths.slice(0, shown).reduce((sum, width) => sum + width + GAP, -GAP);
  for (const { shortestName, fewestColumns } of STEPS) {
    while (total() > columns) {
      const widest = flexible
        .filter((c) => c < shown && widths[c]! > shortestName)
        .sort((a, b) => widths[b]! - widths[a]!)[0];
      if (widest !== undefined) widths = widths.map((width, c) => (c === widest ? width - 1 : width));
      else if (shown > fewestColumns) shown--;
      else break;
    }
  }
  const table = new Table({
    head: head.slice(0, shown).map(paint.dim),
    colAligns: head.slice(0, shown).map((_, c) => (c < left ? 'left' : 'right')),
    chars: BORDERLESS,
    style: { 'padding-left': 0, 'padding-right': GAP, head: [], border: [] },
  });
  rows.forEach((row, r) => {
    const paintCell = (text: string, c: number) =>
      c === coloured ? (colours[r] ?? ((plainText: string) => plainText))(text) : text;
    table.push(row.slice(0, shown).map((text, c) => paintCell(shortenName(text, widths[c]!), c)));
  });
  return [
    ...table
      .toString()
      .split('\n')
      .map((line) => line.trimEnd()),
    ...(all.length > rows.length ? [paint.dim(`${all.length - rows.length} ${more} are in the report`)] : []),
  ].join('\n');
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

/** Breaks lines between words. */
function wrap(text: string, columns: number): string {
  return text
    .split('\n')
    .flatMap((paragraph) => {
      const lines: string[] = [];
      for (const word of paragraph.split(' ')) {
        const last = lines.at(-1);
        if (last !== undefined && last.length + 1 + word.length <= columns) lines[lines.length - 1] = `${last} ${word}`;
        else lines.push(word);
      }
      return lines;
    })
    .join('\n');
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
