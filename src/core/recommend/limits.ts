/**
 * Hard limits. A limit is met when the whole interval meets it, and missed when the whole interval misses it: a point that
 * happens to lie on the right side proves nothing. Memory has a few readings and no interval: the largest must fit.
 */
import type { Analysis, Cell, Distribution, ModelAnalysis, Spread, TaskAnalysis } from '../analyse/analysis.js';
import { estimateAt } from '../analyse/distribution.js';
import type { Level, Limits } from '../definition/requirement.js';
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
  const { quality, ttft, e2e, decodeRate, memory, cost } = limits;
  const { metrics } = cell;
  const checks: LimitCheck[] = [];
  if (quality) checks.push(atLeast('quality', quality.min, cell.quality, null));
  if (ttft) checks.push(latencyAtMost('ttft', ttft, metrics.ttft));
  if (e2e) checks.push(latencyAtMost('e2e', e2e, metrics.e2e));
  if (decodeRate) {
    const { min, at } = decodeRate;
    checks.push(atLeast('decodeRate', min, estimateAt(metrics.decodeRate, at), at));
  }
  if (memory) checks.push(atMost('memory', memory.max, model.memory.peak.resident, null));
  if (cost) checks.push(atMost('cost', cost.max, estimateAt(metrics.cost, 'mean'), null));
  return checks;
}

/** From low to high: what exceeds a limit at one level exceeds it at every later one. */
const RISING = ['median', 'p90', 'p95', 'p99'] as const;

/** Where the requests are too few for the level that the limit names, a lower level can still show that it is missed. */
function latencyAtMost(
  limit: 'ttft' | 'e2e',
  { max, at }: { readonly max: number; readonly at: Level },
  distribution: Distribution | Missing,
): LimitCheck {
  const check = atMost(limit, max, estimateAt(distribution, at), at);
  if (check.state !== 'unknown' || at === 'mean' || isMissing(distribution)) return check;
  const exceeding = RISING.slice(0, RISING.indexOf(at)).find((level) => {
    const estimate = distribution.at[level];
    return !isMissing(estimate) && estimate.low > max;
  });
  return exceeding === undefined ? check : atMost(limit, max, distribution.at[exceeding], exceeding);
}

function atMost(
  limit: LimitCheck['limit'],
  bound: number,
  observed: Estimate | Spread | Missing,
  level: LimitCheck['level'],
): LimitCheck {
  if (isMissing(observed)) return { limit, level, bound, observed, state: 'unknown' };
  const { low, high } = boundsOf(observed);
  return { limit, level, bound, observed, state: high <= bound ? 'met' : low > bound ? 'missed' : 'undecided' };
}

function atLeast(
  limit: LimitCheck['limit'],
  bound: number,
  observed: Estimate | Spread | Missing,
  level: LimitCheck['level'],
): LimitCheck {
  if (isMissing(observed)) return { limit, level, bound, observed, state: 'unknown' };
  const { low, high } = boundsOf(observed);
  return { limit, level, bound, observed, state: low >= bound ? 'met' : high < bound ? 'missed' : 'undecided' };
}

function boundsOf(observed: Estimate | Spread): { readonly low: number; readonly high: number } {
  return 'low' in observed ? observed : { low: observed.min, high: observed.max };
}
