/** The values of one metric to their distribution: the mean, quantiles with intervals by order statistics, and a curve. */
import type { Level } from '../measure/metric.js';
import { type DistributedMetric, METRICS, type MetricOfSession } from '../measure/metrics.js';
import { isMissing, type Missing, missing } from '../quantity.js';
import { sorted, type Values } from '../stats/basics/moments.js';
import type { Estimate } from '../stats/estimate/estimate.js';
import { estimateMean } from '../stats/estimate/estimators.js';
import { estimateQuantileOfSorted } from '../stats/estimate/order-statistics.js';
import { percentileOfSorted } from '../stats/estimate/percentiles.js';
import { quantileInflation, serialInflation } from '../stats/estimate/serial.js';
import type { Cell, Distribution, Spread } from './analysis.js';

/** Steps of the curve that charts draw. */
export const GRID = 100;

/**
 * @param tasks the values of each task, in the order in which they were measured.
 * @param serial whether neighbouring values may be alike, because the machine was busy for a while.
 */
export function distributionOf(tasks: readonly Values[], { serial }: { serial: boolean }): Distribution {
  const values = joined(tasks);
  const ascending = sorted(values);
  const quantile = (q: number) => {
    const inflation = serial ? quantileInflation(tasks, { ascending, q }) : 1;
    return estimateQuantileOfSorted(ascending, q, { inflation });
  };
  return {
    n: values.length,
    at: {
      mean: estimateMean(values, { inflation: serial ? serialInflation(tasks) : 1 }),
      median: quantile(0.5),
      p90: quantile(0.9),
      p95: quantile(0.95),
      p99: quantile(0.99),
    },
    min: ascending[0]!,
    max: ascending.at(-1)!,
    quantiles: Array.from({ length: GRID + 1 }, (_, i) => percentileOfSorted(ascending, i / GRID)),
  };
}

function joined(parts: readonly Values[]): Values {
  if (parts.length === 1) return parts[0]!;
  const whole = new Float64Array(parts.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The estimate of a distribution at a level, or the reason why there is none. */
export function estimateAt(distribution: Distribution | Missing, level: Level): Estimate | Missing {
  return isMissing(distribution) ? distribution : distribution.at[level];
}

/** The one estimate that stands for the requests of a cell. */
export function summaryEstimate(metric: DistributedMetric, { metrics }: Pick<Cell, 'metrics'>): Estimate | Missing {
  return estimateAt(metrics[metric], METRICS[metric].summary.level);
}

/** The one number that stands for the sessions of a model. */
export function summaryOf(metric: MetricOfSession, spread: Spread): number {
  return spread[METRICS[metric].summary.value];
}

export function spreadOf(values: readonly number[], reason: string): Spread | Missing {
  if (values.length === 0) return missing(reason);
  const ascending = sorted(values);
  return {
    median: percentileOfSorted(ascending, 0.5),
    min: ascending[0]!,
    max: ascending.at(-1)!,
    n: values.length,
  };
}
