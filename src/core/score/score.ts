/**
 * A score is 0..1 for one output, with the answer that was found in it. A model's failure is a wrong answer and scores 0
 * (silence, refusal, a timeout of the model); only what *we* could not judge is unscored, and counted aloud.
 */
import type { z } from 'zod';

export type Score = Scored | Unscored;

export interface Scored {
  readonly state: 'scored';
  /** 0 to 1. */
  readonly value: number;
  /** The answer as extracted from the output; null when none was found. */
  readonly answer: string | null;
  /** Other measures of the same output (precision, a label, which instruction was followed). */
  readonly details?: Readonly<Record<string, number | string | boolean>>;
}

export interface Unscored {
  readonly state: 'unscored';
  readonly reason: string;
}

export interface ScoreInput {
  readonly output: string;
  readonly target: unknown;
  /** The whole row of the sample, for scorers that judge by more than the target. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface Scorer<Options = unknown> {
  /** One line for `rightsize list scorers`. */
  readonly summary: string;
  /** The implementation or paper that this scorer agrees with. */
  readonly reference: string;
  readonly options: z.ZodType<Options>;
  /** Pure. Throws only on a target that is not what the scorer judges by: our failure, which becomes `unscored`. */
  score(input: ScoreInput, options: Options): Score;
  /** Metrics of a whole cell that are no mean of scores (macro-F1, corpus BLEU, a bias score). */
  aggregate?(judged: readonly Judged[], options: Options): Readonly<Record<string, number>>;
}

export interface Judged {
  readonly input: ScoreInput;
  readonly score: Score;
}

export function scored(value: number, answer: string | null, details?: Scored['details']): Scored {
  return { state: 'scored', value, answer, ...(details && { details }) };
}
