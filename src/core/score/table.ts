/** Every scorer by name: the table is the type. One file each; docs/scorers.md explains them with examples. */
import { choice } from './choice.js';
import { exact } from './exact.js';
import { includes } from './includes.js';
import { json } from './json.js';
import { multipleChoice } from './multiple-choice.js';
import { number } from './number.js';
import { regex } from './regex.js';
import type { Scorer } from './score.js';
import { squad } from './squad.js';

export const SCORERS = {
  exact,
  includes,
  regex,
  number,
  choice,
  'multiple-choice': multipleChoice,
  json,
  squad,
} as const satisfies Record<string, Scorer>;

export type ScorerName = keyof typeof SCORERS;

export const SCORER_NAMES = Object.keys(SCORERS) as [ScorerName, ...ScorerName[]];
