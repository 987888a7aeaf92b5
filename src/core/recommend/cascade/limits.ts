/**
 * The limits of a task, held against a cascade as a whole: its own quality, the latency of the mixture, and the memory of both
 * models at once. A request that is passed on waits for the SLM first.
 */
import type { Cell, Distribution, ModelAnalysis, SampleResult, Spread, TaskAnalysis } from '../../analyse/analysis.js';
import { cellOf } from '../../analyse/analysis.js';
import { distributionOf, NOT_LATE } from '../../analyse/distribution.js';
import { DISTRIBUTED, type DistributedMetric, OF_SESSION } from '../../measure/metrics.js';
import { isMissing, type Missing, missing } from '../../quantity.js';
import { estimateScore } from '../../stats/estimate/estimators.js';
import { type LimitTest, testLimits } from '../limits.js';
import { scoresOf } from './evaluation.js';
import type { Ruled } from './folds.js';
import { asks } from './rule.js';

export interface CascadeModels {
  readonly small: ModelAnalysis;
  readonly large: ModelAnalysis;
}

export function testCascadeLimits(task: TaskAnalysis, ruled: Ruled, models: CascadeModels): LimitTest[] {
  const answers = ruled.cases.map((one): SampleResult => (asks(one.rule, one) ? one.results.large : one.results.small));
  const unscored = ruled.lost.map(({ results }): SampleResult => ({ ...results.small, score: null }));
  const cell: Pick<Cell, 'metrics' | 'results' | 'quality' | 'aggregates'> = {
    results: [...answers, ...unscored],
    // The scorer gives metrics of the answers of one model alone.
    aggregates: {},
    quality: estimateScore(scoresOf(ruled)),
    metrics: metricsOf(task, ruled, models),
  };
  return testLimits({
    task: { limits: task.limits, samples: [...ruled.cases, ...ruled.lost].map(({ sample }) => sample) },
    cell,
    model: { metrics: readingsOf(models) },
  });
}

/** Both models are in memory at once. */
function readingsOf({ small, large }: CascadeModels): ModelAnalysis['metrics'] {
  return Object.fromEntries(
    OF_SESSION.map((metric) => [metric, together(small.metrics[metric], large.metrics[metric])]),
  ) as unknown as ModelAnalysis['metrics'];
}

function together(first: Spread | Missing, second: Spread | Missing): Spread | Missing {
  if (isMissing(first)) return first;
  if (isMissing(second)) return second;
  return {
    median: first.median + second.median,
    min: first.min + second.min,
    max: first.max + second.max,
    n: Math.min(first.n, second.n),
  };
}

function metricsOf(task: TaskAnalysis, ruled: Ruled, { small, large }: CascadeModels): Cell['metrics'] {
  const cells = [cellOf(task, small.id), cellOf(task, large.id)];
  const of = (metric: DistributedMetric): Distribution | Missing => {
    const parts = cells.map((cell) => cell.metrics[metric]);
    const [absent] = parts.filter(isMissing);
    if (absent !== undefined) return absent;
    const values = ruled.cases.map((one) => mixture(metric, one));
    const known = values.filter((value) => value !== null);
    if (known.length === 0) return missing('no request has a value on both models');
    const whole = distributionOf([Float64Array.from(known)], {
      serial: false,
      late: { ...NOT_LATE, never: values.length - known.length },
    });
    // The cases are in the order of the samples, so the autocorrelation is that of the two models.
    const inflation = { ...whole.inflation };
    for (const part of parts) {
      if (isMissing(part)) continue;
      for (const level of LEVELS) inflation[level] = Math.max(inflation[level], part.inflation[level]);
    }
    return { ...whole, inflation };
  };
  const ofLimited = (metric: DistributedMetric) => (metric in task.limits ? of(metric) : NOT_LIMITED);
  return Object.fromEntries(DISTRIBUTED.map((metric) => [metric, ofLimited(metric)])) as unknown as Cell['metrics'];
}

const NOT_LIMITED = missing('no limit asks for it');

const LEVELS = ['mean', 'median', 'p90', 'p95', 'p99'] as const;

/** The value of one request; null if it has none. */
function mixture(metric: DistributedMetric, one: Ruled['cases'][number]): number | null {
  const { small, large } = one.results;
  const first = small.timings[metric];
  if (!asks(one.rule, one)) return first ?? null;
  const second = large.timings[metric];
  if (second === undefined) return null;
  switch (metric) {
    case 'ttft':
      return small.timings.e2e === undefined ? null : small.timings.e2e + second;
    case 'e2e':
    case 'cost':
      return first === undefined ? null : first + second;
    default:
      return second;
  }
}
