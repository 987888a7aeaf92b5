/**
 * Answers without a score. A model that is wrong where its answers get lost must not gain by it: above 5% of them there is no
 * verdict for the task, and below, a verdict must hold whichever way they fell.
 */
import type { SampleResult, SuiteAnalysis, TaskAnalysis } from '../analyse/analysis.js';

/** A task has no verdict if more than this share of a model's trials is unscored. */
export const MOST_UNSCORED = 0.05;

export interface Unscored {
  readonly model: string;
  readonly unscored: number;
  readonly trials: number;
  /** Why the first of them has no score, where the log says why. */
  readonly reason: string | null;
}

/** The models with too many unscored trials on a task. */
export function tooManyUnscored({ cells }: Pick<TaskAnalysis, 'cells'>): Unscored[] {
  return cells.flatMap(({ model, results, failures }) => {
    let [unscored, trials] = [0, 0];
    for (const result of results) {
      if (result === null) continue;
      trials += result.repetitions;
      unscored += unscoredOf(result);
    }
    return unscored > MOST_UNSCORED * trials
      ? [{ model, unscored, trials, reason: failures.find(({ by }) => by === 'harness')?.example ?? null }]
      : [];
  });
}

type LostSuite = Pick<SuiteAnalysis, 'name'> & { readonly tasks: readonly Pick<TaskAnalysis, 'name' | 'cells'>[] };

/** Names the tasks on which too many answers were lost; null if there are none. */
export function describeLost(suites: readonly LostSuite[]): string | null {
  let said: string | null = null;
  const lost = suites.flatMap((suite) =>
    suite.tasks.flatMap((task) =>
      tooManyUnscored(task).map(({ model, unscored, trials, reason }) => {
        // A server that is gone fails all tasks with the same words.
        const why = reason === null || reason === said ? '' : ` (${reason})`;
        said = reason;
        return `${unscored} of ${trials} trials of ${model} on ${suite.name}/${task.name}${why}`;
      }),
    ),
  );
  return lost.length === 0 ? null : `no verdict where more than 5% of the trials have no score: ${lost.join('; ')}`;
}

/** The score of a sample if its unscored repetitions were all wrong, and if they were all right. */
export function boundedScores(result: SampleResult): { readonly low: number; readonly high: number } {
  const lost = unscoredOf(result) / result.repetitions;
  const known = (result.score ?? 0) * (1 - lost);
  return { low: known, high: Math.min(1, known + lost) };
}

function unscoredOf({ score, unscored, repetitions }: SampleResult): number {
  return score === null ? repetitions : unscored;
}
