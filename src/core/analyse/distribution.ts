/** The values of one metric to their distribution: the mean, quantiles with intervals by order statistics, and a curve. */
import type { Level } from '../measure/metric.js';
import { type DistributedMetric, METRICS, type MetricOfSession } from '../measure/metrics.js';
import { isMissing, type Missing, missing } from '../quantity.js';
import { sorted, type Values } from '../stats/basics/moments.js';
import type { Estimate } from '../stats/estimate/estimate.js';
import { estimateMean, NOT_NEGATIVE } from '../stats/estimate/estimators.js';
import { estimateQuantileOfSorted } from '../stats/estimate/order-statistics.js';
import { percentileOfSorted } from '../stats/estimate/percentiles.js';
import type { Late } from '../stats/estimate/quantile-test.js';
import { quantileInflation, serialInflation } from '../stats/estimate/serial.js';
import type { Cell, Distribution, Spread } from './analysis.js';

/** Steps of the curve that charts draw. */
export const GRID = 100;

interface DistributionOptions {
  /** Whether neighbouring values may be alike, because the machine was busy for a while. */
  readonly serial: boolean;
  readonly late?: Late;
}

export const NOT_LATE: Late = { censored: 0, after: Number.POSITIVE_INFINITY, never: 0 };

/** @param tasks The values of each task, in the order in which they were measured. */
export function distributionOf(
  tasks: readonly Values[],
  { serial, late = NOT_LATE }: DistributionOptions,
): Distribution {
  const values = joined(tasks);
  const ascending = sorted(values);
  const inflationAt = (q: number) => (serial ? quantileInflation(tasks, { ascending, q }) : 1);
  const inflation = {
    mean: serial ? serialInflation(tasks) : 1,
    median: inflationAt(QUANTILES.median),
    p90: inflationAt(QUANTILES.p90),
    p95: inflationAt(QUANTILES.p95),
    p99: inflationAt(QUANTILES.p99),
  };
  const unanswered = late.censored + late.never;
  // A late request has a place among the sorted values, but no value.
  const places =
    unanswered === 0 ? ascending : joined([ascending, new Float64Array(unanswered).fill(Number.MAX_VALUE)]);
  const quantile = (level: keyof typeof QUANTILES): Estimate | Missing => {
    const estimate = estimateQuantileOfSorted(places, QUANTILES[level], { inflation: inflation[level] });
    if (isMissing(estimate) || estimate.high < Number.MAX_VALUE) return estimate;
    return missing(`${unanswered} of ${places.length} requests were not answered in time, so it has no upper bound`);
  };
  return {
    n: places.length,
    ascending,
    inflation,
    late,
    at: {
      mean:
        unanswered === 0
          ? estimateMean(values, { inflation: inflation.mean, bounds: NOT_NEGATIVE })
          : missing(`${unanswered} of ${places.length} requests were not answered in time, so they have no mean`),
      median: quantile('median'),
      p90: quantile('p90'),
      p95: quantile('p95'),
      p99: quantile('p99'),
    },
    min: ascending[0]!,
    max: ascending.at(-1)!,
    quantiles: Array.from({ length: GRID + 1 }, (_, i) => percentileOfSorted(ascending, i / GRID)),
  };
}

/** The quantile of each level that has one. */
export const QUANTILES = { median: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 } as const;

/** Late requests of several tasks; a timeout says the least where it is the shortest. */
export function joinLate(parts: readonly Late[]): Late {
  return {
    censored: parts.reduce((total, { censored }) => total + censored, 0),
    after: Math.min(...parts.map(({ after }) => after)),
    never: parts.reduce((total, { never }) => total + never, 0),
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
