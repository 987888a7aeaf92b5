/** Computes the number of trials that a run planned for a task on one model. */
import { taskKey } from '../keys.js';
import { comparedAs } from '../log/base-suites.js';
import type { LoggedSuite, RunRecord, RunSettings } from '../log/log.js';

export function plannedTrials(task: LoggedSuite['tasks'][number], { limit, repetitions }: RunSettings): number {
  return Math.min(task.samples.count, limit ?? task.samples.count) * (task.repetitions ?? repetitions);
}

/** If several runs are reported together, a model has the plan of its own run. */
export function plannedOn(
  model: string,
  {
    suite,
    task,
    run,
  }: { readonly suite: LoggedSuite; readonly task: LoggedSuite['tasks'][number]; readonly run: RunRecord },
): number {
  if (comparedAs({ suite: suite.name, model }, run.settings.inTurns) === null) return 0;
  const part = run.parts?.find(({ models }) => models.some(({ label }) => label === model));
  return part === undefined ? plannedTrials(task, run.settings) : (part.planned[taskKey(suite.name, task.name)] ?? 0);
}
