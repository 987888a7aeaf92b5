/** The figures of each task of a step whose requests are a mixture of tasks. */
import { isMissing, type Missing, missing } from '../quantity.js';
import type { Estimate } from '../stats/estimate/estimate.js';
import { estimateProportion } from '../stats/estimate/estimators.js';
import type { Objective } from './objective.js';
import type { StepRequest } from './request.js';
import { rightAnswersOf } from './right-answers.js';
import { countedOf, countsOf, meetsAll, metricsOf, type StepResult, type WindowFigures } from './step.js';

export interface TaskFigures extends Pick<WindowFigures, 'counts' | 'metrics' | 'attainment'> {
  /** `suite/task`. */
  readonly task: string;
  /** The mean score, with an interval that is clustered by sample. */
  readonly quality: Estimate | Missing;
}

/**
 * In the order of their names. None where the step has no window, or one task alone.
 * @param requests All requests of the step.
 */
export function figuresByTask(
  requests: readonly StepRequest[],
  { window }: Pick<StepResult, 'window'>,
  objectives: readonly Objective[],
): TaskFigures[] {
  const tasks = [...new Set(requests.map(({ task }) => task))].sort();
  if (isMissing(window) || tasks.length < 2) return [];
  const inside = requestsIn(requests, window);
  // What takes the figures of the step takes those of its tasks.
  const spoilt = isMissing(window.requestRate) ? window.requestRate : null;
  const meets = (request: StepRequest) => meetsAll(request, objectives);
  return tasks.map((task): TaskFigures => {
    const own = inside.filter((request) => request.task === task);
    const counted = countedOf(own);
    const shown = <T>(figure: () => T | Missing) =>
      spoilt ?? (counted.length === 0 ? missing('no request of the task was due in the window') : figure());
    return {
      task,
      counts: countsOf(own),
      metrics: metricsOf(counted, spoilt),
      attainment: shown(() =>
        objectives.length === 0
          ? missing('there is no objective to meet')
          : estimateProportion(counted.map((request) => (meets(request) ? 1 : 0))),
      ),
      quality: shown(() => rightAnswersOf(counted, { seconds: window.to - window.from, meets, spoilt }).quality),
    };
  });
}

/** The requests of the window: the last ones that were due before its end. */
export function requestsIn(
  requests: readonly StepRequest[],
  { to, counts }: Pick<WindowFigures, 'to' | 'counts'>,
): readonly StepRequest[] {
  const before = requests.filter(({ due }) => due < to).sort((a, b) => a.due - b.due);
  return before.slice(before.length - counts.due);
}
