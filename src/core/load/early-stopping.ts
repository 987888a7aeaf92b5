/**
 * MLPerf Inference's rules for how many queries a tail latency needs (`inference_rules.adoc`, `loadgen/early_stopping.cc`).
 *
 * A percentile is claimed only when few enough queries were slow: a system with a worse true percentile would have so few slow
 * queries with less than 1% probability. With few queries the reported value lies further out in the tail.
 */
import { missing, type Quantity } from '../quantity.js';
import { betaCdf, twoSidedZ } from '../stats/basics/distributions.js';
import { expectBetween0And1, expectCount, expectFinite } from '../stats/basics/expect.js';
import { sorted } from '../stats/basics/moments.js';

export interface EarlyStoppingOptions {
  readonly confidence?: number;
  /** By how much the true share may fall short, 0 in MLPerf. */
  readonly tolerance?: number;
}

/**
 * The least number h of queries within the latency, beside `overLatency` slower ones, that shows the percentile: the
 * smallest h with `I_{p-d}(h, t + 1) <= 1 - confidence`.
 */
export function minPassingQueries(percentile: number, overLatency: number, options: EarlyStoppingOptions = {}): number {
  const { confidence = 0.99, tolerance = 0 } = options;
  expectBetween0And1('percentile', percentile);
  expectBetween0And1('percentile - tolerance', percentile - tolerance);
  expectBetween0And1('confidence', confidence);
  expectCount('overLatency', overLatency);
  const shown = (within: number) => betaCdf(percentile - tolerance, within, overLatency + 1) <= 1 - confidence;
  let high = 1;
  while (!shown(high)) high *= 2;
  let low = high / 2;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (shown(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** The verdict of the Server scenario: do `queries` with `overLatency` slow ones among them still show the percentile? */
export function passesEarly(
  queries: number,
  overLatency: number,
  percentile: number,
  options: EarlyStoppingOptions = {},
): boolean {
  expectCount('queries', queries);
  return queries >= minPassingQueries(percentile, overLatency, options) + overLatency;
}

/** The most slow queries that `queries` may hold and still show the percentile; missing when not even one is allowed. */
export function allowedOverLatency(queries: number, percentile: number, options: EarlyStoppingOptions = {}): Quantity {
  expectCount('queries', queries);
  const needed = (overLatency: number) => minPassingQueries(percentile, overLatency, options) + overLatency;
  if (queries < needed(1)) {
    return missing(`${queries} queries are too few for the ${percentile} percentile: it takes ${needed(1)}`);
  }
  let [low, high] = [1, 2];
  while (needed(high) <= queries) [low, high] = [high, high * 2];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (needed(middle) <= queries) low = middle;
    else high = middle;
  }
  return { value: low };
}

/**
 * The percentile of latencies as SingleStream and MultiStream report it: with t allowed slow queries, the t-th highest
 * latency, never the plain percentile.
 */
export function earlyStoppingEstimate(
  latencies: readonly number[],
  percentile: number,
  options: EarlyStoppingOptions = {},
): Quantity {
  expectFinite('latencies', latencies);
  const allowed = allowedOverLatency(latencies.length, percentile, options);
  return 'missing' in allowed ? allowed : { value: sorted(latencies)[latencies.length - allowed.value]! };
}

/** Queries for a percentile by the rule without early stopping: `z^2 p (1 - p) / margin^2`, margin (1 - p)/20; unrounded. */
export function mlperfQueryCount(percentile: number, confidence = 0.99): number {
  expectBetween0And1('percentile', percentile);
  const margin = (1 - percentile) / 20;
  return (twoSidedZ(confidence) ** 2 * percentile * (1 - percentile)) / margin ** 2;
}
