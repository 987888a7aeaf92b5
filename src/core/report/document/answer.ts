/** The answer of a suite: its verdicts on one screen, then the reasons. */
import type { Analysis, SuiteAnalysis } from '../../analyse/analysis.js';
import type { Environment } from '../../log/log.js';
import { isMissing, type Missing } from '../../quantity.js';
import type { Comparison } from '../../recommend/comparison.js';
import type { LimitCheck } from '../../recommend/limit-check.js';
import type { SuiteRecommendation, TaskRecommendation } from '../../recommend/recommendation.js';
import { alarmsOf } from '../alarms.js';
import { decisiveComparison } from '../decisive.js';
import {
  type Block,
  type Column,
  type Difference,
  missingCell,
  type Note,
  quantityCell,
  type Section,
  type Table,
  type TableCell,
  textCell,
  valueCell,
} from '../document.js';
import { list, plural } from '../format.js';
import { costInWords, memoryInWords, speedInWords } from '../gains.js';
import { countVerdicts } from '../headline.js';
import { limitedOf } from '../limited.js';
import { nextCommands, nextStepOf } from '../next-steps.js';
import {
  describePair,
  describeRequirement,
  describeRun,
  describeSuite,
  describeTask,
  VERDICT_NAMES,
  VERDICT_WORDS,
  whatWouldChange,
} from '../words.js';
import { limitTable, unknownLimits } from './limits.js';
import { listOf } from './tables.js';
import { warningsOf } from './warnings.js';

/** The row of a task. */
interface Row {
  readonly task: TaskRecommendation;
  readonly comparison: Comparison | null;
  /** Present where the row compares other models than most rows do. */
  readonly models: string | undefined;
  readonly margin: number;
  readonly axis: Difference['axis'];
}

interface VerdictColumn extends Column {
  cell(row: Row): TableCell;
}

const VERDICT_COLUMNS = {
  task: { title: 'Task', holds: 'names', cell: ({ task, models }) => textCell(task.task, models) },
  verdict: {
    title: 'Verdict',
    holds: 'words',
    cell: ({ task: { verdict } }) => ({ kind: 'verdict', verdict: verdict.kind, name: VERDICT_NAMES[verdict.kind] }),
  },
  use: {
    title: 'Use',
    holds: 'words',
    cell: ({ task: { verdict } }) => ({ kind: 'verdict', verdict: verdict.kind, name: VERDICT_WORDS[verdict.kind] }),
  },
  small: { title: 'Small', holds: 'numbers', cell: ofComparison(({ scores }) => scoreCell(scores, 'candidate')) },
  large: { title: 'Large', holds: 'numbers', cell: ofComparison(({ scores }) => scoreCell(scores, 'reference')) },
  difference: {
    title: 'Difference, points',
    read: 'Small less large in quality, with the interval that decides. Shaded: worse by less than the margin, or better.',
    holds: 'numbers',
    cell: ofComparison((comparison, row) => differenceCell(comparison, row)),
  },
  n: {
    title: 'n',
    read: 'Samples on which both models have a score.',
    holds: 'numbers',
    cell: ofComparison(({ test }) =>
      isMissing(test) ? missingCell(test.missing) : quantityCell(test.difference.n, 'count'),
    ),
  },
  speed: {
    title: 'Speed',
    read: 'End-to-end latency of the small model against the large one.',
    holds: 'words',
    cell: ofComparison(({ factors }) => wordsCell(speedInWords(factors.e2e))),
  },
  memory: {
    title: 'Memory',
    read: 'Peak memory of the small model against the large one.',
    holds: 'words',
    cell: ofComparison(({ factors }) => wordsCell(memoryInWords(factors.memory))),
  },
  cost: {
    title: 'Cost',
    read: 'Cost of a request to the small model against the large one.',
    holds: 'words',
    cell: ofComparison(({ factors }) => wordsCell(costInWords(factors.cost))),
  },
  timesFaster: {
    title: 'Speed',
    holds: 'numbers',
    cell: ofComparison(({ factors }) => valueCell(inverse(factors.e2e), 'factor')),
  },
  timesMemory: {
    title: 'Memory',
    holds: 'numbers',
    cell: ofComparison(({ factors }) => valueCell(factors.memory, 'factor')),
  },
  timesCost: {
    title: 'Cost',
    holds: 'numbers',
    cell: ofComparison(({ factors }) => valueCell(factors.cost, 'factor')),
  },
  limits: {
    title: 'Limits',
    read: 'Whether the small model meets the limits of the task.',
    holds: 'words',
    cell: ofComparison(({ candidate }, { task }) => limitsCell(task, candidate)),
  },
  next: { title: 'Next step', holds: 'sentences', cell: ({ task }) => textCell(nextStepOf(task)) },
} as const satisfies Record<string, VerdictColumn>;

export type VerdictColumnName = keyof typeof VERDICT_COLUMNS;

/** A column in which no row has a value is left out. */
export function verdictTable(recommended: SuiteRecommendation, names: readonly VerdictColumnName[]): Table {
  const rows = rowsOf(recommended);
  const columns = names
    .map((name): VerdictColumn => VERDICT_COLUMNS[name])
    .filter(({ cell }) => rows.some((row) => cell(row).kind !== 'missing'));
  return {
    kind: 'table',
    name: 'tasks',
    label: 'Verdict by task',
    columns: columns.map(({ cell: _cell, ...column }) => column),
    rows: rows.map((row) => columns.map(({ cell }) => cell(row))),
    shape: 'cards',
  };
}

function rowsOf({ tasks, verdict, requirement: { margin } }: SuiteRecommendation): Row[] {
  const rows = tasks.map((task) => ({ task, comparison: decisiveComparison(task, verdict) }));
  const compared = rows.flatMap(({ comparison }) => comparison ?? []);
  const usual = {
    candidate: mostFrequent(compared.map(({ candidate }) => candidate)),
    reference: mostFrequent(compared.map(({ reference }) => reference)),
  };
  const axis = axisOf(compared, margin);
  return rows.map(
    (row): Row => ({
      ...row,
      models: row.comparison === null ? undefined : others(row.comparison, usual),
      margin,
      axis,
    }),
  );
}

/** The models of a comparison that are not those of most rows. */
function others(
  comparison: Comparison,
  usual: Readonly<Record<'candidate' | 'reference', string | undefined>>,
): string | undefined {
  if (comparison.reference !== usual.reference) return describePair(comparison);
  return comparison.candidate === usual.candidate ? undefined : comparison.candidate;
}

function mostFrequent(items: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

/** The margin is always in sight. */
function axisOf(comparisons: readonly Comparison[], margin: number): Difference['axis'] {
  const tests = comparisons.flatMap(({ test }) => (isMissing(test) ? [] : [test.difference]));
  return [
    Math.min(-2 * margin, ...tests.map(({ low, value }) => Math.min(low, value))),
    Math.max(margin, ...tests.map(({ high, value }) => Math.max(high, value))),
  ];
}

function ofComparison(cell: (comparison: Comparison, row: Row) => TableCell): VerdictColumn['cell'] {
  return (row) =>
    row.comparison === null ? missingCell('an SLM and an LLM are needed for a comparison') : cell(row.comparison, row);
}

function scoreCell(scores: Comparison['scores'], side: 'candidate' | 'reference'): TableCell {
  return isMissing(scores) ? missingCell(scores.missing) : quantityCell(scores[side], 'score');
}

function differenceCell({ test }: Comparison, { margin, axis }: Row): TableCell {
  if (isMissing(test)) return missingCell(test.missing);
  const { value, low, high } = test.difference;
  return { kind: 'difference', value, low, high, margin, axis } satisfies Difference;
}

/** A ratio of times as a ratio of speeds. */
function inverse(factor: { readonly value: number } | Missing): { readonly value: number } | Missing {
  return isMissing(factor) ? factor : { value: 1 / factor.value };
}

function wordsCell(words: string | Missing): TableCell {
  return typeof words === 'string' ? textCell(words) : missingCell(words.missing);
}

/** The state of all limits together: a missed one rules a model out, and an open one keeps it open. */
function limitsCell({ checks }: TaskRecommendation, model: string): TableCell {
  const own = checks.find((one) => one.model === model)?.checks ?? [];
  if (own.length === 0) return missingCell('the task has no limits');
  const named = (state: LimitCheck['state']) => own.filter((check) => check.state === state);
  for (const state of ['missed', 'undecided', 'unknown'] as const) {
    const found = named(state);
    if (found.length > 0) return { kind: 'check', state, text: `${STATE_WORDS[state]}: ${namesOf(found)}` };
  }
  return { kind: 'check', state: 'met', text: 'met' };
}

const STATE_WORDS = { missed: 'missed', undecided: 'open', unknown: 'not known' } as const;

function namesOf(checks: readonly LimitCheck[]): string {
  return list(checks.map(({ limit }) => limitedOf(limit).short));
}

export function answerBlocks(analysis: Analysis, suite: SuiteAnalysis, recommended: SuiteRecommendation): Block[] {
  const commands = nextCommands(analysis, suite, recommended);
  return [
    ...alarmsOf(recommended).map((text): Note => ({ kind: 'note', text, alarm: true })),
    ...(recommended.verdict.kind === 'one-class'
      ? [
          limitTable(analysis, suite, recommended),
          ...unknownLimits(recommended).map((text): Note => ({ kind: 'note', text: `${text}.` })),
        ]
      : [
          { kind: 'counts', counts: countVerdicts(recommended.tasks) } as const,
          verdictTable(recommended, [
            'task',
            'verdict',
            'small',
            'large',
            'difference',
            'n',
            'speed',
            'memory',
            'cost',
            'limits',
            'next',
          ]),
        ]),
    ...(commands.length === 0 ? [] : [{ kind: 'commands', title: 'Next', commands } as const]),
    soundness(analysis),
  ];
}

export function whySection(recommended: SuiteRecommendation): Section {
  const { tasks, verdict } = recommended;
  return {
    kind: 'section',
    heading: 'Why, and what would change it',
    folded: true,
    body: [
      { kind: 'text', text: describeSuite(recommended) },
      { kind: 'terms', terms: tasks.map((task) => ({ term: task.task, text: describeTask(task, verdict) })) },
      ...listOf('What would change it', changesOf(tasks)),
      { kind: 'note', text: describeRequirement(recommended) },
    ],
  };
}

/** Each change once, with the tasks that it would change. */
function changesOf(tasks: readonly TaskRecommendation[]): string[] {
  const where = new Map<string, string[]>();
  for (const task of tasks) {
    for (const change of whatWouldChange(task)) where.set(change, [...(where.get(change) ?? []), task.task]);
  }
  return [...where].map(
    ([change, names]) =>
      `${names.length === tasks.length && names.length > 2 ? `all ${names.length} tasks` : list(names)}: ${change}`,
  );
}

/** Whether the run is complete, and how many warnings there are. */
export function soundness(analysis: Analysis): Note {
  const warnings = warningsOf(analysis).length;
  return {
    kind: 'note',
    text: describeRun(analysis),
    ...(warnings > 0 && {
      link: { to: 'method', text: warnings === 1 ? 'See the warning.' : `See the ${warnings} warnings.` },
    }),
    ...(!analysis.run.ended.complete && { alarm: true }),
  };
}

/** What the answer rests on, in half a line. */
export function describeMachine({ cpu, gpu }: Environment): string {
  return `${cpu.model}, ${plural(cpu.cores, 'core')}${isMissing(gpu) ? '' : `, ${gpu.value}`}`;
}

export function scopeOf({ run, models }: Analysis, { tasks }: SuiteAnalysis): string {
  const samples = tasks.reduce((sum, task) => sum + task.samples.length, 0);
  return [
    plural(tasks.length, 'task'),
    plural(samples, 'sample'),
    plural(models.length, 'model'),
    run.parts === undefined ? describeMachine(run.environment) : plural(run.parts.length, 'run'),
    run.started.slice(0, 10),
  ].join(' · ');
}
