/** The answer of a suite: a verdict for each task, what the numbers mean, and the reasons. */
import type { Analysis, SuiteAnalysis } from '../../analyse/analysis.js';
import { isMissing, type Missing } from '../../quantity.js';
import type { Comparison } from '../../recommend/comparison.js';
import type { SuiteRecommendation, TaskRecommendation } from '../../recommend/recommendation.js';
import { decisiveComparison } from '../decisive.js';
import {
  type Block,
  type Column,
  estimateCell,
  missingCell,
  type Note,
  quantityCell,
  type Table,
  type TableCell,
  textCell,
  valueCell,
} from '../document.js';
import { plural } from '../format.js';
import {
  describePair,
  describeRequirement,
  describeRun,
  describeTask,
  VERDICT_NAMES,
  whatWouldChange,
} from '../words.js';
import { warningsOf } from './warnings.js';

interface VerdictColumn extends Column {
  cell(task: TaskRecommendation): TableCell;
}

const VERDICT_COLUMNS = {
  task: { title: 'Task', holds: 'names', cell: ({ task }) => textCell(task) },
  verdict: {
    title: 'Verdict',
    holds: 'words',
    cell: ({ verdict: { kind } }) => ({ kind: 'verdict', verdict: kind, name: VERDICT_NAMES[kind] }),
  },
  candidate: { title: 'SLM', holds: 'names', cell: ofComparison(({ candidate }) => textCell(candidate)) },
  pair: {
    title: 'SLM against LLM',
    holds: 'sentences',
    cell: ofComparison((comparison) => textCell(describePair(comparison))),
  },
  quality: {
    title: 'Quality, points',
    holds: 'numbers',
    cell: ofComparison(({ test }) => estimateCell(isMissing(test) ? test : test.difference, 'points')),
  },
  n: {
    title: 'n',
    holds: 'numbers',
    cell: ofComparison(({ test }) =>
      isMissing(test) ? missingCell(test.missing) : quantityCell(test.difference.n, 'count'),
    ),
  },
  speed: {
    title: 'Speed',
    holds: 'numbers',
    cell: ofComparison(({ factors }) => valueCell(inverse(factors.e2e), 'factor')),
  },
  memory: {
    title: 'Memory',
    holds: 'numbers',
    cell: ofComparison(({ factors }) => valueCell(factors.memory, 'factor')),
  },
  cost: { title: 'Cost', holds: 'numbers', cell: ofComparison(({ factors }) => valueCell(factors.cost, 'factor')) },
  change: {
    title: 'What would change it',
    holds: 'sentences',
    cell: (task) => {
      const changes = whatWouldChange(task);
      return changes.length === 0 ? missingCell('no single change is known') : textCell(changes.join(' '));
    },
  },
} as const satisfies Record<string, VerdictColumn>;

export type VerdictColumnName = keyof typeof VERDICT_COLUMNS;

export function verdictTable({ tasks }: SuiteRecommendation, names: readonly VerdictColumnName[]): Table {
  const columns: readonly VerdictColumn[] = names.map((name) => VERDICT_COLUMNS[name]);
  return {
    kind: 'table',
    name: 'tasks',
    label: 'Verdict by task',
    columns: columns.map(({ cell: _cell, ...column }) => column),
    rows: tasks.map((task) => columns.map(({ cell }) => cell(task))),
    shape: 'cards',
  };
}

function ofComparison(cell: (comparison: Comparison) => TableCell): VerdictColumn['cell'] {
  return (task) => {
    const comparison = decisiveComparison(task);
    return comparison === null ? missingCell('an SLM and an LLM are needed for a comparison') : cell(comparison);
  };
}

/** A ratio of times as a ratio of speeds. */
function inverse(factor: { readonly value: number } | Missing): { readonly value: number } | Missing {
  return isMissing(factor) ? factor : { value: 1 / factor.value };
}

/** The pairs that the rows compare, each once. A single pair is named below the table and needs no column. */
export function pairsOf({ tasks }: SuiteRecommendation): string[] {
  return [...new Set(tasks.flatMap((task) => decisiveComparison(task) ?? []).map(describePair))];
}

export function answerBlocks(analysis: Analysis, recommended: SuiteRecommendation): Block[] {
  const pairs = pairsOf(recommended);
  return [
    verdictTable(recommended, [
      'task',
      'verdict',
      ...(pairs.length > 1 ? (['pair'] as const) : []),
      'quality',
      'n',
      'speed',
      'memory',
      'cost',
      'change',
    ]),
    { kind: 'note', text: describeRequirement(recommended, pairs) },
    soundness(analysis),
    {
      kind: 'section',
      heading: 'Why',
      body: [
        { kind: 'terms', terms: recommended.tasks.map((task) => ({ term: task.task, text: describeTask(task) })) },
      ],
    },
  ];
}

/** Whether the run is complete, and how many warnings there are. */
function soundness(analysis: Analysis): Note {
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
export function scopeOf({ run, models }: Analysis, { tasks }: SuiteAnalysis): string {
  const samples = tasks.reduce((sum, task) => sum + task.samples.length, 0);
  const { cpu, gpu } = run.environment;
  const machine = `${cpu.model}, ${plural(cpu.cores, 'core')}${isMissing(gpu) ? '' : `, ${gpu.value}`}`;
  return [
    plural(tasks.length, 'task'),
    plural(samples, 'sample'),
    plural(models.length, 'model'),
    run.parts === undefined ? machine : plural(run.parts.length, 'run'),
    run.started.slice(0, 10),
  ].join(' · ');
}
