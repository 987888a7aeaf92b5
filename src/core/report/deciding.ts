/** A number has one interval in a report: that which decides a limit, where there is one. */
import type { Level } from '../measure/metric.js';
import type { LimitedMetric } from '../measure/metrics.js';
import type { Missing } from '../quantity.js';
import type { LimitCheck } from '../recommend/limit-check.js';
import type { Estimate } from '../stats/estimate/estimate.js';

/** @param shown The level at which the number is shown, where it has one: `median`, `p95`, ... */
export function decidingEstimate(
  checks: readonly LimitCheck[],
  metric: string,
  shown: Level | null = null,
): Estimate | null {
  const observed = checks.find(({ limit, level }) => limit === metric && (level ?? shown) === shown)?.observed;
  return observed !== undefined && 'low' in observed && Number.isFinite(observed.high) ? observed : null;
}

/** The quality of a model or a cascade. */
export function shownQuality(quality: Estimate | Missing, checks: readonly LimitCheck[]): Estimate | Missing {
  return decidingEstimate(checks, 'quality' satisfies LimitedMetric) ?? quality;
}
