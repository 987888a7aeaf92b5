/** The columns of a table of steps under load. */
import { conditionText } from '../../definition/condition.js';
import type { RequestCounts, WindowFigures } from '../../load/figures.js';
import { isPercentile, LOAD_METRICS, type Objective } from '../../load/objective.js';
import type { StepResult } from '../../load/step.js';
import type { Met } from '../../load/tally.js';
import { isMissing, type Missing } from '../../quantity.js';
import type { Estimate } from '../../stats/estimate/estimate.js';
import { type ShownMetric, shownMetrics } from '../charts/load.js';
import { estimateCell, missingCell, quantityCell, type TableCell, textCell } from '../document.js';
import { formatUnit, plural } from '../format.js';
import type { Filled } from './tables.js';

/** What tells a step, and its figures. */
export function stepColumns(steps: readonly StepResult[], objectives: readonly Objective[]): Filled<StepResult>[] {
  return [
    { title: 'Step', holds: 'names', cell: (step) => textCell(conditionText(step.condition)) },
    { title: 'Requests', holds: 'numbers', cell: ({ counts }) => quantityCell(counts.due, 'count') },
    ...countColumns(steps),
    { title: 'State', holds: 'words', cell: (step) => textCell(stateOf(step)) },
    ...figureColumns(steps, objectives),
  ];
}

const UNANSWERED = [
  ['failed', 'Failed'],
  ['timedOut', 'Timed out'],
  ['leftOut', 'Left out'],
] as const satisfies readonly (readonly [keyof RequestCounts, string])[];

/** The requests that were not answered, where there are any. */
export function countColumns(steps: readonly StepResult[]): Filled<StepResult>[] {
  return UNANSWERED.filter(([name]) => steps.some(({ counts }) => counts[name] > 0)).map(([name, title]) => ({
    title,
    holds: 'numbers',
    cell: ({ counts }) => quantityCell(counts[name], 'count'),
  }));
}

/** The figures of a step. */
export function figureColumns(steps: readonly StepResult[], objectives: readonly Objective[]): Filled<StepResult>[] {
  // Without an objective every request would meet all of them.
  const limited = (column: Filled<StepResult>) => (objectives.length === 0 ? [] : [column]);
  return [
    ...limited(windowColumn('Meet every objective', ({ attainment }) => shareCell(attainment))),
    ...meanColumns(objectives),
    ...shownMetrics(objectives).map(metricColumn),
    ...limited(windowColumn('Goodput, requests/s', ({ goodput }) => estimateCell(goodput, 'count'))),
    windowColumn('Throughput', ({ throughput }) => estimateCell(throughput, 'tokens per second')),
    ...(steps.some(({ window }) => !isMissing(window) && !isMissing(window.cached))
      ? [windowColumn('Prompt tokens cached', ({ cached }) => shareCell(cached))]
      : []),
    windowColumn('Right', ({ right }) => shareCell(right.quality)),
    ...(steps.some(hasCost)
      ? [windowColumn('Cost of a thousand right', ({ right }) => estimateCell(right.costOfThousand, 'dollars'))]
      : []),
  ];
}

/** A share with what it is of: samples where it is clustered by them, else requests. */
export function shareCell(share: Estimate | Missing): TableCell {
  if (isMissing(share)) return missingCell(share.missing);
  const { n, clusters } = share;
  return estimateCell(share, 'score', clusters === undefined ? plural(n, 'request') : plural(clusters, 'sample'));
}

function windowColumn(title: string, cell: (figures: WindowFigures) => TableCell): Filled<StepResult> {
  return { title, holds: 'numbers', cell: (step) => windowCell(step, cell) };
}

/** The mean of each limit on one, and what the step shows of the limit. */
function meanColumns(objectives: readonly Objective[]): Filled<StepResult>[] {
  return objectives.flatMap((objective, i): Filled<StepResult>[] => {
    if (isPercentile(objective.level)) return [];
    const { short, unit } = LOAD_METRICS[objective.metric];
    const mean = `${short} mean`;
    const cellOf = ({ objectives: results }: StepResult) => estimateCell(results[i]!.mean!, unit);
    const isFirst = objectives.findIndex(({ metric, level }) => metric === objective.metric && level === 'mean') === i;
    return [
      ...(isFirst ? [{ title: mean, holds: 'numbers', cell: cellOf } as const] : []),
      {
        title: `${mean} within ${formatUnit(objective.bound, unit)}`,
        holds: 'words',
        cell: ({ objectives: results }) => textCell(SHOWN[results[i]!.met]),
      },
    ];
  });
}

const SHOWN: Readonly<Record<Met, string>> = { met: 'shown', missed: 'shown to fail', open: 'not decided' };

function metricColumn({ metric, level }: ShownMetric): Filled<StepResult> {
  const { short, unit } = LOAD_METRICS[metric];
  return windowColumn(`${short} ${level}`, ({ metrics }) => {
    const percentiles = metrics[metric];
    return isMissing(percentiles) ? missingCell(percentiles.missing) : estimateCell(percentiles[level], unit);
  });
}

function hasCost({ window }: StepResult): boolean {
  return !isMissing(window) && !isMissing(window.right.costOfThousand);
}

function windowCell({ window }: StepResult, cell: (figures: WindowFigures) => TableCell): TableCell {
  return isMissing(window) ? missingCell(window.missing) : cell(window);
}

/** A longer step of an overloaded server would show longer waits, so it is not called too short. */
export function stateOf({ window, saturation }: StepResult): string {
  if (!isMissing(window) && !window.validity.valid) return 'invalid';
  if (saturation === 'overloaded') return saturation;
  if (isMissing(window)) return 'too short';
  return window.settled.state === 'steady' ? saturation : window.settled.state;
}
