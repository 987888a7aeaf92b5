/** How many requests the limits of a task need, said before the run. */
import { QUANTILES } from '../analyse/distribution.js';
import type { Limits } from '../definition/requirement.js';
import { LIMITED } from '../measure/metrics.js';
import { quantileBoundSampleSize } from '../stats/estimate/order-statistics.js';

export interface LimitSize {
  /** Requests that show the limits on percentiles if none is beyond: where the task is decided alone. */
  readonly alone: number;
  /** The same where the error rate is shared evenly among all tasks of the suite. */
  readonly shared: number;
}

/** Null where no limit is on a percentile. */
export function sizeForLimits(
  limits: Limits,
  { alpha, tasks }: { readonly alpha: number; readonly tasks: number },
): LimitSize | null {
  const quantiles = LIMITED.flatMap((name) => {
    const limit = limits[name];
    return limit === undefined || !('at' in limit) || limit.at === 'mean' ? [] : [QUANTILES[limit.at]];
  });
  if (quantiles.length === 0) return null;
  const sizeAt = (level: number) =>
    Math.max(...quantiles.map((q) => quantileBoundSampleSize(q, { confidence: 1 - level })));
  return { alone: sizeAt(alpha), shared: sizeAt(alpha / tasks) };
}
