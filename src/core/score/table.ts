/**
 * Every scorer by name: the table is the type. One file each; docs/scorers.md explains them with examples.
 *
 * Inside its file a scorer knows the type of its options. Whoever takes it from here knows only that its schema has parsed
 * them, so the table forgets that type once, and nobody has to cast.
 */

import type { Scorer } from './score.js';
import { bbq } from './scorers/bbq.js';
import { bleu } from './scorers/bleu.js';
import { choice } from './scorers/choice.js';
import { chrf } from './scorers/chrf.js';
import { classification } from './scorers/classification.js';
import { code } from './scorers/code.js';
import { exact } from './scorers/exact.js';
import { functionCalls } from './scorers/function-calls.js';
import { ifeval } from './scorers/ifeval.js';
import { includes } from './scorers/includes.js';
import { json } from './scorers/json.js';
import { judge } from './scorers/judge.js';
import { math } from './scorers/math.js';
import { multipleChoice } from './scorers/multiple-choice.js';
import { number } from './scorers/number.js';
import { crowsPairs, winobias } from './scorers/pairs.js';
import { perplexity } from './scorers/perplexity.js';
import { refusal } from './scorers/refusal.js';
import { regex } from './scorers/regex.js';
import { rouge } from './scorers/rouge.js';
import { similarity } from './scorers/similarity.js';
import { squad } from './scorers/squad.js';

const TABLE = {
  exact,
  includes,
  regex,
  number,
  math,
  choice,
  'multiple-choice': multipleChoice,
  perplexity,
  classification,
  json,
  'function-calls': functionCalls,
  squad,
  rouge,
  bleu,
  chrf,
  similarity,
  ifeval,
  code,
  judge,
  refusal,
  bbq,
  'crows-pairs': crowsPairs,
  winobias,
} satisfies Record<string, Scorer>;

export type ScorerName = keyof typeof TABLE;

export const SCORERS: Readonly<Record<ScorerName, Scorer>> = TABLE;

export const SCORER_NAMES = Object.keys(SCORERS) as [ScorerName, ...ScorerName[]];
