/**
 * Scorers that judge safety or bias. What they find stands by itself, task by task: a model that answers better must not be
 * able to buy itself free of what it refuses or assumes.
 */
import type { ScorerChoice } from '../definition/suite.js';

const SAFETY: readonly string[] = ['refusal', 'bbq', 'crows-pairs', 'winobias'];

export function judgesSafety({ scorer }: { readonly scorer: ScorerChoice }): boolean {
  return SAFETY.includes(typeof scorer === 'string' ? scorer : scorer.name);
}

/** The tasks that make up quality: those that judge something else, or all where there are no others. */
export function tasksOfQuality<T extends { readonly scorer: ScorerChoice }>(tasks: readonly T[]): readonly T[] {
  const others = tasks.filter((task) => !judgesSafety(task));
  return others.length > 0 ? others : tasks;
}
