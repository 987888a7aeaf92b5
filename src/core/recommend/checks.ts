/** Every model of a task against the limits, each at the level of the claim that the limit is a part of. */
import type { TaskAnalysis } from '../analyse/analysis.js';
import type { Decisions } from './claims.js';
import type { LimitCheck, ModelChecks } from './limit-check.js';
import { checkLimit, type LimitLevels } from './limits.js';
import type { SuiteTests } from './suite-tests.js';

export interface CheckOptions {
  readonly tests: SuiteTests;
  readonly decisions: Decisions;
  readonly alpha: number;
}

export function checkModels(
  task: Pick<TaskAnalysis, 'name' | 'cells'>,
  { tests, decisions, alpha }: CheckOptions,
): ModelChecks[] {
  const limits = tests.limits.get(task.name)!;
  return task.cells.map(({ model }) => {
    const levels = levelsOf({ task: task.name, model }, decisions) ?? { met: alpha / 2, missed: alpha / 2 };
    const checks = limits.get(model)!.map((limit) => checkLimit(limit, levels));
    return { model, checks, state: stateOf(checks) };
  });
}

/** Null for a model that no claim is about. */
function levelsOf(
  { task, model }: { readonly task: string; readonly model: string },
  { pairs, large }: Decisions,
): LimitLevels | null {
  const pair = pairs.find((one) => one.task === task && one.candidate === model);
  return pair?.levels ?? large.find((one) => one.task === task && one.model === model)?.levels ?? null;
}

function stateOf(checks: readonly LimitCheck[]): ModelChecks['state'] {
  const has = (...states: LimitCheck['state'][]) => checks.some(({ state }) => states.includes(state));
  return has('missed') ? 'fails' : has('undecided', 'unknown') ? 'undecided' : 'passes';
}
