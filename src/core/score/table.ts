/** Every scorer by name: the table is the type. One file each; docs/scorers.md explains them with examples. */
import { exact } from './exact.js';
import type { Scorer } from './score.js';

export const SCORERS = { exact } as const satisfies Record<string, Scorer>;

export type ScorerName = keyof typeof SCORERS;

export const SCORER_NAMES = Object.keys(SCORERS) as [ScorerName, ...ScorerName[]];
