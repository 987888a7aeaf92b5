/**
 * MLPerf Inference's early stopping: the number of queries that a tail latency needs (`inference_rules.adoc`,
 * `loadgen/early_stopping.cc`).
 *
 * A percentile is claimed only if few enough queries were slow. A system with a worse true percentile would show this few slow
 * queries with a probability below 1%. With few queries the reported value lies further out in the tail.
 */
import { missing, type Quantity } from '../quantity.js';
import { betaCdf, twoSidedZ } from '../stats/basics/distributions.js';
import { expectBetween0And1, expectCount, expectFinite } from '../stats/basics/expect.js';
import { sorted } from '../stats/basics/moments.js';

export interface EarlyStoppingOptions {
  readonly confidence?: number;
  /** The true share of fast queries may be lower than the percentile by this much. It is 0 in MLPerf. */
  readonly tolerance?: number;
}

/**
 * Returns the smallest number h of queries within the latency that shows the percentile, when t = `overLatency` queries are
 * slower: the smallest h with `I_{p-d}(h, t + 1) <= 1 - confidence`.
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

/** The verdict of the Server scenario: whether `queries`, `overLatency` of them slow, still show the percentile. */
export function passesEarly(
  queries: number,
  overLatency: number,
  percentile: number,
  options: EarlyStoppingOptions = {},
): boolean {
  expectCount('queries', queries);
  return queries >= minPassingQueries(percentile, overLatency, options) + overLatency;
}

/** Returns the largest number of slow queries that still shows the percentile; missing if not even one is allowed. */
export function allowedOverLatency(queries: number, percentile: number, options: EarlyStoppingOptions = {}): Quantity {
  expectCount('queries', queries);
  const needed = (overLatency: number) => minPassingQueries(percentile, overLatency, options) + overLatency;
  if (queries < needed(1)) {
    return missing(`${queries} queries are too few for the ${percentile} percentile: it needs ${needed(1)}`);
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
 * Returns the percentile of latencies that SingleStream and MultiStream report: with t allowed slow queries, the t-th highest
 * latency. It is never the plain percentile.
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

/** Returns the unrounded number of queries without early stopping: `z^2 p (1 - p) / margin^2`, with the margin (1 - p)/20. */
export function mlperfQueryCount(percentile: number, confidence = 0.99): number {
  expectBetween0And1('percentile', percentile);
  const margin = (1 - percentile) / 20;
  return (twoSidedZ(confidence) ** 2 * percentile * (1 - percentile)) / margin ** 2;
}
