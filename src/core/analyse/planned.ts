/** How many trials a run set out to make of a task on one model. */
import type { LoggedSuite, RunRecord, RunSettings } from '../measure/log.js';

export function plannedTrials(task: LoggedSuite['tasks'][number], { limit, repetitions }: RunSettings): number {
  return Math.min(task.samples.count, limit ?? task.samples.count) * (task.repetitions ?? repetitions);
}

/** Of several runs reported as one, each model has the plan of its own. */
export function plannedOn(
  model: string,
  {
    suite,
    task,
    run,
  }: { readonly suite: LoggedSuite; readonly task: LoggedSuite['tasks'][number]; readonly run: RunRecord },
): number {
  const part = run.parts?.find(({ models }) => models.includes(model));
  return part === undefined ? plannedTrials(task, run.settings) : (part.planned[`${suite.name}/${task.name}`] ?? 0);
}
