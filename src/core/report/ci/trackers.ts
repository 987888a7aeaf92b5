/**
 * The figures of the new version for services that track them.
 *
 *     Bencher Metric Format       { "small": { "ttft-p95": { "value": 0.21 } }, "small desk/route": { "quality": { "value": 0.9 } } }
 *     github-action-benchmark     [{ "name": "small ttft p95", "unit": "seconds", "value": 0.21 }], one file for each direction
 */
import { METRICS } from '../../measure/metrics.js';
import { isMissing } from '../../quantity.js';
import type { Change, VersionComparison } from '../../regress/comparison.js';

interface Tracked {
  readonly model: string;
  readonly change: Change;
  readonly value: number;
}

export function bencherMetrics(comparisons: readonly VersionComparison[]): string {
  const models: Record<string, Record<string, { readonly value: number }>> = {};
  for (const { model, change, value } of trackedOf(comparisons)) {
    const { metric, level, task } = change;
    // Bencher cuts no name of a measure, but refuses one of more than 64 characters: the task belongs to the benchmark.
    const benchmark = task === null ? model : `${model} ${task}`;
    models[benchmark] ??= {};
    models[benchmark][level === null ? metric : `${metric}-${level}`] = { value };
  }
  return `${JSON.stringify(models, null, 2)}\n`;
}

/** One direction for each file: the action compares every entry of a file in the same way. */
export function actionBenchmarks(comparisons: readonly VersionComparison[], better: 'higher' | 'lower'): string {
  const entries = trackedOf(comparisons)
    .filter(({ change }) => METRICS[change.metric].better === better)
    .map(({ model, change, value }) => ({
      name: `${model} ${nameOf(change)}`,
      unit: METRICS[change.metric].unit,
      value,
      extra: `${change.outcome}; n = ${change.n}`,
    }));
  return `${JSON.stringify(entries, null, 2)}\n`;
}

function trackedOf(comparisons: readonly VersionComparison[]): readonly Tracked[] {
  return comparisons.flatMap(({ candidate, changes }) =>
    changes.flatMap((change) =>
      isMissing(change.candidate) ? [] : [{ model: candidate.model, change, value: change.candidate.value }],
    ),
  );
}

function nameOf({ metric, level, task }: Change): string {
  return [metric, level, task].filter((part) => part !== null).join(' ');
}
