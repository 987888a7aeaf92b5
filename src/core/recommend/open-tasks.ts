/** What a run that stops when it is sure still has to ask. */
import { taskKey } from '../keys.js';
import type { Recommendation } from './recommendation.js';

/**
 * `suite/task` of the tasks on which some SLM is neither shown to fit nor shown not to, no SLM fits and an LLM is not shown to meet its
 * limits, or nothing was compared yet.
 */
export function openTasks({ suites }: Recommendation): Set<string> {
  return new Set(
    suites.flatMap(({ suite, tasks }) =>
      tasks
        .filter(
          ({ comparisons, verdict }) =>
            comparisons.length === 0 ||
            comparisons.some(({ fits, isOut }) => !fits && !isOut) ||
            (verdict.kind === 'inconclusive' && verdict.because.of === 'large'),
        )
        .map(({ task }) => taskKey(suite, task)),
    ),
  );
}
