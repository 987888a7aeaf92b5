/**
 * Hard limits. A model meets a limit if the whole interval meets it, and misses it if the whole interval misses it. A point on
 * the right side proves nothing. Memory has a few readings and no interval, so the largest reading must fit.
 */
import type { Analysis, Cell, Distribution, ModelAnalysis, Spread, TaskAnalysis } from '../analyse/analysis.js';
import { estimateAt, summaryEstimate } from '../analyse/distribution.js';
import type { Limits } from '../definition/requirement.js';
import type { Level } from '../measure/metric.js';
import { isOfSession, LIMITED, type LimitedMetric } from '../measure/metrics.js';
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

/** The measurements of a model on a task: its cell, and its sessions. */
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
  if (at === undefined) return check(null, summaryEstimate(limit, cell));
  const distribution = cell.metrics[limit];
  const level = ('max' in bound ? lowerLevelAbove(bound.max, at, distribution) : null) ?? at;
  return check(level, estimateAt(distribution, level));
}

/** The levels from low to high. A value that exceeds a limit at one level exceeds it at every later one. */
const RISING = ['median', 'p90', 'p95', 'p99'] as const satisfies readonly Level[];

/** If there are too few requests for the level of a limit, a lower level can still show that the model misses it. */
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
