/**
 * A score is 0..1 for one output, with the answer that was found in it. A model's failure is a wrong answer and scores 0
 * (silence, refusal, a timeout of the model); only what *we* could not judge is unscored, and counted aloud.
 *
 * Scorers are pure: outputs in, verdicts out. One that needs the world (a program run, an embedding, a judge) states what
 * it needs and composes the request; the shell fulfils it and hands the finding back as evidence, which is stored in the
 * log beside the output, so that the judging itself can be repeated without the world.
 */
import type { z } from 'zod';
import { UserError } from '../errors.js';
import type { Chat } from '../message.js';
import type { Quantity } from '../quantity.js';

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
  /** What the shell found for a scorer that `needs` it. */
  readonly evidence?: Evidence;
}

/** What a scorer asks of the world before it can judge one output. */
export type Request =
  | { readonly effect: 'embeddings'; readonly model: string; readonly texts: readonly string[] }
  | { readonly effect: 'judge'; readonly prompts: readonly Chat[] }
  | {
      readonly effect: 'own';
      readonly source: OwnSource;
      readonly output: string;
      readonly target: unknown;
      readonly fields: ScoreInput['fields'];
    }
  | {
      readonly effect: 'sandbox';
      readonly language: 'python';
      readonly program: string;
      /** Run after the program, in a process that it has no part in. */
      readonly tests: string;
      readonly timeout: number;
    };

/** What the world answered, in the order of the request. */
export type Evidence =
  | { readonly effect: 'embeddings'; readonly vectors: readonly (readonly number[])[] }
  | { readonly effect: 'judge'; readonly answers: readonly string[] }
  | { readonly effect: 'own'; readonly verdict: OwnVerdict }
  | { readonly effect: 'sandbox'; readonly result: 'passed' | 'failed' | 'timed out'; readonly message: string }
  | {
      readonly effect: 'loglikelihoods';
      /** Natural logarithms, one per choice; `unconditional` without the question, for mutual information. */
      readonly conditional: readonly number[];
      readonly unconditional?: readonly number[];
      readonly tokens?: readonly number[];
      /** Whether every token of the text was the most likely one. */
      readonly greedy?: readonly boolean[];
    };

/** The place of a scorer of the user's own. */
export type OwnSource =
  | { readonly module: string; readonly settings: Readonly<Record<string, unknown>>; readonly timeout: number }
  | {
      readonly command: string | readonly string[];
      readonly settings: Readonly<Record<string, unknown>>;
      readonly timeout: number;
    }
  | { readonly scores: string };

/** What the module of a user's own scorer exports as its default. */
export type OwnScorer = (answer: {
  readonly output: string;
  readonly target: unknown;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly settings: Readonly<Record<string, unknown>>;
}) => OwnReply | Promise<OwnReply>;

/** A score from 0 to 1, alone or with the answer that the scorer found and a reason. */
export type OwnReply = number | { readonly score: number; readonly answer?: string | null; readonly said?: string };

/** What it found, from 0 to 1, or how it failed. */
export type OwnVerdict =
  | { readonly value: number; readonly answer?: string | null; readonly said?: string }
  | { readonly failed: string };

export interface Scorer<Options = unknown> {
  /** One line for `rightsize list scorers`. */
  readonly summary: string;
  /** The implementation or paper that this scorer agrees with. */
  readonly reference: string;
  readonly options: z.ZodType<Options>;
  /** Safety and bias stand by themselves: they are no part of the quality of a model. The default is quality. */
  readonly judges?: 'safety';
  /** The effect whose evidence `score` judges by. Absent for the scorers that need only the output. */
  readonly needs?: Evidence['effect'];
  /** The request for that evidence. Log-likelihoods have none: they are what the trial itself produced. */
  request?(input: ScoreInput, options: Options): Request;
  /** Pure. Throws a SampleError on a sample that is not what the scorer judges by. `judgeOutput` calls it. */
  score(input: ScoreInput, options: Options): Score;
  /** Metrics of a whole cell that are no mean of scores (macro-F1, corpus BLEU, a bias score). */
  aggregate?(options: Options): Aggregate;
}

/** The sample is not what its scorer judges by, whatever the model wrote: our failure, which leaves the answer unscored. */
export class SampleError extends TypeError {
  override name = 'SampleError';
}

/**
 * The verdict on one output. A scorer that throws on the words of a model has met a wrong answer: were it left out, a model
 * would score better the stranger its answers are.
 */
export function judgeOutput<Options>(
  scorer: Pick<Scorer<Options>, 'score'>,
  input: ScoreInput,
  options: Options,
): Score {
  try {
    return scorer.score(input, options);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof SampleError || error instanceof UserError) return unscored(reason);
    if (isDeeper(input.target, DEEPEST) || isDeeper(input.fields, DEEPEST))
      return unscored(`expected a sample nested up to ${DEEPEST} levels, found one that is deeper`);
    return scored(0, null, { fault: reason });
  }
}

/** Deeper than any honest sample, and shallow enough for every recursion over one. */
const DEEPEST = 200;

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((item) => isDeeper(item, levels - 1));
}

/** A fold over the judged outputs of a cell. It keeps counts, not outputs: a million outputs need no more memory. */
export interface Aggregate {
  add(judged: Judged): void;
  metrics(): Readonly<Record<string, Quantity>>;
}

export interface Judged {
  /** Which sample it was: repetitions of one sample share it (pass@k). */
  readonly sample?: string;
  readonly input: ScoreInput;
  readonly score: Score;
}

export function scored(value: number, answer: string | null, details?: Scored['details']): Scored {
  return { state: 'scored', value, answer, ...(details && { details }) };
}

export function unscored(reason: string): Unscored {
  return { state: 'unscored', reason };
}
