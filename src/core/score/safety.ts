/**
 * Scorers that judge safety or bias. What they find stands by itself, task by task: a model that answers better must not be
 * able to buy itself free of what it refuses or assumes.
 */
import type { Scorer } from './score.js';
import { SCORERS, type ScorerName } from './table.js';

/** A task, as far as it says which scorer judges it. */
interface Scorable {
  readonly scorer: ScorerName | { readonly name: ScorerName };
}

export function judgesSafety({ scorer }: Scorable): boolean {
  const { judges }: Pick<Scorer, 'judges'> = SCORERS[typeof scorer === 'string' ? scorer : scorer.name] ?? {};
  return judges === 'safety';
}

/** The tasks that make up quality: those that judge something else, or all where there are no others. */
export function tasksOfQuality<T extends Scorable>(tasks: readonly T[]): readonly T[] {
  const others = tasks.filter((task) => !judgesSafety(task));
  return others.length > 0 ? others : tasks;
}
