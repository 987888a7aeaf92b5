/**
 * Who is right: on each task, the samples that both models of the deciding comparison answer right, only one of them, or none.
 * This is the paired test made visible: both-right and both-wrong samples tell nothing about the difference.
 */
import type { SampleResult } from '../../analyse/analysis.js';
import { decisiveComparison } from '../decisive.js';
import type { Chart } from '../document.js';
import { formatCount, list, plural } from '../format.js';
import { type ChartInput, LABELS, legendOf, type NoChart, nOf, specOf } from './chart.js';
import { type Finding, titleOf } from './finding.js';

const NAME = 'who-is-right';
const KINDS = ['both right', 'only the small one', 'only the large one', 'both wrong'] as const;
const COLOURS = ['#4d9a8a', '#0072b2', '#d55e00', '#8a8a8a'] as const;

/** A score from here on counts as right. */
const RIGHT = 0.5;

export interface Agreement {
  readonly task: string;
  readonly small: string;
  readonly large: string;
  /** Samples, in the order of `KINDS`. */
  readonly counts: readonly [number, number, number, number];
  readonly n: number;
}

export function agreementsOf({ analysis, recommendation, suite }: ChartInput): Agreement[] {
  const { tasks, verdict } = recommendation.suites[suite]!;
  return tasks.flatMap((recommended, i): Agreement[] => {
    const comparison = decisiveComparison(recommended, verdict);
    if (comparison === null) return [];
    const { name, cells } = analysis.suites[suite]!.tasks[i]!;
    const { candidate: small, reference: large } = comparison;
    const resultsOf = (model: string) => cells.find((cell) => cell.model === model)!.results;
    const counts = countKinds(resultsOf(small), resultsOf(large));
    const n = counts.reduce((sum, count) => sum + count, 0);
    return n === 0 ? [] : [{ task: name, small, large, counts, n }];
  });
}

type Results = readonly (SampleResult | null)[];

function countKinds(small: Results, large: Results): Agreement['counts'] {
  const counts: [number, number, number, number] = [0, 0, 0, 0];
  small.forEach((result, i) => {
    const [a, b] = [result?.score ?? null, large[i]?.score ?? null];
    if (a === null || b === null) return;
    counts[a >= RIGHT ? (b >= RIGHT ? 0 : 1) : b >= RIGHT ? 2 : 3]++;
  });
  return counts;
}

export function agreementChart(input: ChartInput): Chart | NoChart {
  const rows = agreementsOf(input);
  if (rows.length === 0)
    return { name: NAME, title: 'Which of the two is right', missing: 'no sample has a score on an SLM and an LLM' };
  const title = titleOf(rows, FINDINGS, otherwise);
  const note = `${nOf(rows.map(({ n }) => n))} samples a task; a score of at least ${RIGHT} counts as right`;
  const spec = specOf(
    { title, note },
    {
      height: { step: 26 },
      data: {
        values: rows.flatMap(({ task, small, large, counts, n }) =>
          counts.map((count, order) => ({
            task,
            pair: `${small} against ${large}`,
            kind: KINDS[order]!,
            order,
            share: count / n,
            shown: `${formatCount(count)} of ${formatCount(n)}`,
          })),
        ),
      },
      mark: { type: 'bar', height: { band: 0.75 } },
      encoding: {
        y: { field: 'task', type: 'nominal', title: null, sort: null },
        x: {
          field: 'share',
          type: 'quantitative',
          title: 'share of samples, %',
          scale: { domain: [0, 1] },
          axis: { labelExpr: LABELS.share, values: [0, 0.25, 0.5, 0.75, 1] },
        },
        color: {
          field: 'kind',
          type: 'nominal',
          title: null,
          scale: { domain: [...KINDS], range: [...COLOURS] },
          legend: legendOf(KINDS),
        },
        order: { field: 'order' },
        tooltip: [{ field: 'task' }, { field: 'pair' }, { field: 'kind' }, { field: 'shown', title: 'samples' }],
      },
    },
  );
  const alt = rows
    .map(
      ({ task, small, large, counts, n }) =>
        `${task}, ${small} against ${large}: ${KINDS.map((kind, i) => `${kind} on ${counts[i]}`).join(', ')} of ${n}`,
    )
    .join('; ');
  return { name: NAME, title, note, alt: `${alt}.`, spec };
}

const FINDINGS: readonly Finding<readonly Agreement[]>[] = [
  {
    holds: (rows) => rows.every(({ counts }) => counts[1] + counts[2] === 0),
    say: (rows) => `Both models are right and wrong on the same samples of ${everyTask(rows)}`,
  },
  {
    holds: (rows) => worstFor(rows) !== null,
    say: (rows) => {
      const { task, counts, n } = worstFor(rows)!;
      return `${task}: only the large model is right on ${counts[2]} of ${plural(n, 'sample')}, the greatest share of all tasks; only the small one on ${counts[1]}`;
    },
  },
];

function otherwise(rows: readonly Agreement[]): string {
  const sum = (kind: number) => rows.reduce((total, { counts }) => total + counts[kind]!, 0);
  return `Only the small model is right on ${plural(sum(1), 'sample')}, and only the large one on ${formatCount(sum(2))}`;
}

function everyTask(rows: readonly Agreement[]): string {
  return rows.length > 3 ? `all ${rows.length} tasks` : list(rows.map(({ task }) => task));
}

/** The task on which the large model alone is right on the greatest share of samples; null if there are several, or none. */
function worstFor(rows: readonly Agreement[]): Agreement | null {
  if (rows.length < 2) return null;
  const share = ({ counts, n }: Agreement) => counts[2] / n;
  const [first, second] = [...rows].sort((a, b) => share(b) - share(a));
  return share(first!) > share(second!) ? first! : null;
}
