/** The number of trials that a run planned for a task on one model. */
import { taskKey } from '../keys.js';
import type { LoggedSuite, RunRecord, RunSettings } from '../log/log.js';

export function plannedTrials(task: LoggedSuite['tasks'][number], { limit, repetitions }: RunSettings): number {
  return Math.min(task.samples.count, limit ?? task.samples.count) * (task.repetitions ?? repetitions);
}

/** Where several runs are reported as one, a model has the plan of its own run. */
export function plannedOn(
  model: string,
  {
    suite,
    task,
    run,
  }: { readonly suite: LoggedSuite; readonly task: LoggedSuite['tasks'][number]; readonly run: RunRecord },
): number {
  const part = run.parts?.find(({ models }) => models.some(({ label }) => label === model));
  return part === undefined ? plannedTrials(task, run.settings) : (part.planned[taskKey(suite.name, task.name)] ?? 0);
}
