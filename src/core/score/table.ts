/** Every scorer by name: the table is the type. One file each; docs/scorers.md explains them with examples. */
import { bbq } from './bbq.js';
import { bleu } from './bleu.js';
import { choice } from './choice.js';
import { chrf } from './chrf.js';
import { classification } from './classification.js';
import { code } from './code.js';
import { exact } from './exact.js';
import { functionCalls } from './function-calls.js';
import { ifeval } from './ifeval.js';
import { includes } from './includes.js';
import { json } from './json.js';
import { judge } from './judge.js';
import { math } from './math.js';
import { multipleChoice } from './multiple-choice.js';
import { number } from './number.js';
import { crowsPairs, winobias } from './pairs.js';
import { perplexity } from './perplexity.js';
import { refusal } from './refusal.js';
import { regex } from './regex.js';
import { rouge } from './rouge.js';
import type { Scorer } from './score.js';
import { similarity } from './similarity.js';
import { squad } from './squad.js';

export const SCORERS = {
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
} as const satisfies Record<string, Scorer>;

export type ScorerName = keyof typeof SCORERS;

export const SCORER_NAMES = Object.keys(SCORERS) as [ScorerName, ...ScorerName[]];
