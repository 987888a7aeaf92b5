/**
 * The report for a terminal: the answer, why, and what it cost, in some thirty lines. Tables give up columns from the right
 * and shorten names until they fit the width.
 */
import Table from 'cli-table3';
import type { Analysis, SuiteAnalysis } from '../analyse/analysis.js';
import { estimateAt } from '../analyse/distribution.js';
import { isMissing, type Missing } from '../measure/quantity.js';
import type { Recommendation, SuiteRecommendation, TaskRecommendation } from '../recommend/recommendation.js';
import { ABSENT, formatBytes, formatCount, formatEstimate, formatRatio, formatSeconds } from './format.js';
import { allWarnings, decisiveComparison, differenceOf, inverse } from './tables.js';
import { plain, shortenName } from './text.js';
import { describeRun, describeSuite, describeTask, VERDICT_NAMES } from './words.js';

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
    '',
    colourOf(recommended.verdict.kind, paint)(wrap(plain(describeSuite(recommended)), columns)),
    '',
    verdictTable(recommended, context),
    '',
    wrap(
      recommended.tasks
        .map((task) => `${task.task}: ${describeTask(task)}`)
        .map(plain)
        .join('\n'),
      columns,
    ),
    '',
    modelTable(analysis, suite, context),
  ].join('\n');
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
  const rows = recommended.tasks.map((task) => {
    const comparison = decisiveComparison(task);
    return [
      plain(task.task),
      VERDICT_NAMES[task.verdict.kind],
      comparison === null ? ABSENT : plain(comparison.candidate),
      comparison === null ? ABSENT : differenceOf(comparison),
      comparison === null ? ABSENT : ratio(inverse(comparison.factors.e2e)),
      comparison === null ? ABSENT : ratio(comparison.factors.memory),
    ];
  });
  return layOut(
    {
      head: ['task', 'verdict', 'SLM', 'quality, points', 'speed', 'memory'],
      rows,
      flexible: [0, 2],
      left: 3,
      colours: recommended.tasks.map(({ verdict }) => colourOf(verdict.kind, paint)),
      coloured: 1,
    },
    { columns, paint },
  );
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
      isMissing(model.load) ? ABSENT : formatSeconds(model.load.median),
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
    },
    { columns, paint },
  );
}

const MOST_NOTES = 5;

function renderNotes(analysis: Analysis, { columns, paint }: Context): string {
  const notes = allWarnings(analysis);
  const more = notes.length - MOST_NOTES;
  return [
    paint.dim(wrap(plain(describeRun(analysis)), columns)),
    ...notes.slice(0, MOST_NOTES).map(({ what, remedy }) => paint.yellow(wrap(plain(`! ${what}; ${remedy}`), columns))),
    ...(more > 0 ? [paint.yellow(`! ${more} more warnings are in the report`)] : []),
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
  { head, rows, flexible, left, colours, coloured }: Rows,
  { columns, paint }: { readonly columns: number; readonly paint: Paint },
): string {
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
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
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
