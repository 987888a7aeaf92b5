/**
 * Hard limits. A limit is met when the whole interval meets it, and missed when the whole interval misses it: a point that
 * happens to lie on the right side proves nothing. Memory has a few readings and no interval: the largest must fit.
 */
import type { Analysis, Cell, ModelAnalysis, Spread, TaskAnalysis } from '../analyse/analysis.js';
import { estimateAt } from '../analyse/distribution.js';
import type { Limits } from '../definition/requirement.js';
import { isMissing, type Missing } from '../measure/quantity.js';
import type { Estimate } from '../stats/index.js';
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
  if (ttft) checks.push(atMost('ttft', ttft.max, estimateAt(metrics.ttft, ttft.at), ttft.at));
  if (e2e) checks.push(atMost('e2e', e2e.max, estimateAt(metrics.e2e, e2e.at), e2e.at));
  if (decodeRate) {
    const { min, at } = decodeRate;
    checks.push(atLeast('decodeRate', min, estimateAt(metrics.decodeRate, at), at));
  }
  if (memory) checks.push(atMost('memory', memory.max, model.memory.peak.resident, null));
  if (cost) checks.push(atMost('cost', cost.max, estimateAt(metrics.cost, 'mean'), null));
  return checks;
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
