/**
 * Hard limits. A limit is met when the whole interval meets it, and missed when the whole interval misses it: a point that
 * happens to lie on the right side proves nothing. Memory has a few readings and no interval: the largest must fit.
 */
import type { Analysis, Cell, Distribution, ModelAnalysis, Spread, TaskAnalysis } from '../analyse/analysis.js';
import { estimateAt } from '../analyse/distribution.js';
import type { Limits } from '../definition/requirement.js';
import type { Level } from '../measure/metric.js';
import { isOfSession, LIMITED, type LimitedMetric, METRICS } from '../measure/metrics.js';
import { isMissing, type Missing } from '../quantity.js';
import type { Estimate } from '../stats/estimate/estimate.js';
import type { LimitCheck, ModelChecks } from './recommendation.js';

export function checkModels(analysis: Analysis, task: TaskAnalysis): ModelChecks[] {
  return task.cells.map((cell, i) => checkModel(cell, analysis.models[i]!, task.limits));
}

function checkModel(cell: Cell, model: ModelAnalysis, limits: Limits): ModelChecks {
  const checks = checkLimits(cell, model, limits);
  const has = (...states: LimitCheck['state'][]) => checks.some(({ state }) => states.includes(state));
  return {
    model: cell.model,
    checks,
    state: has('missed') ? 'fails' : has('undecided', 'unknown') ? 'undecided' : 'passes',
  };
}

function checkLimits(cell: Cell, model: ModelAnalysis, limits: Limits): LimitCheck[] {
  return LIMITED.flatMap((name) => {
    const limit: Limit | undefined = limits[name];
    return limit === undefined ? [] : [checkLimit(name, limit, { cell, model })];
  });
}

type Limit = ({ readonly min: number } | { readonly max: number }) & { readonly at?: Level };

/** What a model was measured by: its cell of the task, and its sessions. */
interface Measured {
  readonly cell: Cell;
  readonly model: ModelAnalysis;
}

function checkLimit(limit: LimitedMetric, { at, ...bound }: Limit, { cell, model }: Measured): LimitCheck {
  const check = (level: Level | null, observed: Estimate | Spread | Missing): LimitCheck => ({
    limit,
    level,
    bound: 'min' in bound ? bound.min : bound.max,
    observed,
    state: isMissing(observed) ? 'unknown' : stateOf(bound, boundsOf(observed)),
  });
  if (limit === 'quality') return check(null, cell.quality);
  if (isOfSession(limit)) return check(null, model.metrics[limit]);
  const distribution = cell.metrics[limit];
  const level = at ?? METRICS[limit].summary.level;
  const lower = 'max' in bound ? lowerLevelAbove(bound.max, level, distribution) : null;
  return check(at === undefined ? null : (lower ?? level), estimateAt(distribution, lower ?? level));
}

/** From low to high: what exceeds a limit at one level exceeds it at every later one. */
const RISING = ['median', 'p90', 'p95', 'p99'] as const satisfies readonly Level[];

/** Where the requests are too few for the level that the limit names, a lower level can still show that it is missed. */
function lowerLevelAbove(max: number, level: Level, distribution: Distribution | Missing): Level | null {
  if (level === 'mean' || isMissing(distribution) || !isMissing(distribution.at[level])) return null;
  const exceeding = RISING.slice(0, RISING.indexOf(level)).find((lower) => {
    const estimate = distribution.at[lower];
    return !isMissing(estimate) && estimate.low > max;
  });
  return exceeding ?? null;
}

interface Interval {
  readonly low: number;
  readonly high: number;
}

function stateOf(
  bound: { readonly min: number } | { readonly max: number },
  { low, high }: Interval,
): LimitCheck['state'] {
  if ('min' in bound) return low >= bound.min ? 'met' : high < bound.min ? 'missed' : 'undecided';
  return high <= bound.max ? 'met' : low > bound.max ? 'missed' : 'undecided';
}

function boundsOf(observed: Estimate | Spread): Interval {
  return 'low' in observed ? observed : { low: observed.min, high: observed.max };
}
