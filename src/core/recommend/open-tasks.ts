/** What a run that stops when it is sure still has to ask. */
import { taskKey } from '../keys.js';
import type { Recommendation } from './recommendation.js';

/** `suite/task` of the tasks on which some SLM is neither shown to fit nor shown not to, or nothing was compared yet. */
export function openTasks({ suites }: Recommendation): Set<string> {
  return new Set(
    suites.flatMap(({ suite, tasks }) =>
      tasks
        .filter(({ comparisons }) => comparisons.length === 0 || comparisons.some(({ fits, isOut }) => !fits && !isOut))
        .map(({ task }) => taskKey(suite, task)),
    ),
  );
}
