/**
 * MLPerf Inference's early stopping: the number of queries that a tail latency needs (`inference_rules.adoc`,
 * `loadgen/early_stopping.cc`).
 *
 * A percentile is claimed only if few enough queries were slow. A system with a worse true percentile would show this few slow
 * queries with a probability below 1%. With few queries the reported value lies further out in the tail.
 */
import { betaCdf } from '../stats/basics/distributions.js';
import { expectBetween0And1, expectCount } from '../stats/basics/expect.js';

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
