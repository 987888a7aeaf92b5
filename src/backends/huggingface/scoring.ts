/** Log-likelihoods of continuations, gathered from logits in whatever order an engine computes them. */
import type { Loglikelihood, LoglikelihoodRequest } from '../backend.js';
import { encodePair } from '../continuation.js';
import { likeliest, logProbability } from '../sampling.js';
import { requireRoom } from './answer.js';
import type { TextModel } from './text-model.js';

export interface Scoring {
  readonly context: readonly number[];
  /** The different continuations, as tokens; equal ones are scored once, so that they are equal to the last bit. */
  readonly continuations: readonly (readonly number[])[];
  /** Takes the logits that predict one token of a continuation. */
  add(logits: Float32Array, continuation: number, token: number): void;
  /** In the order of the request. */
  result(): readonly Loglikelihood[];
}

/** @throws ModelFailure when the longest continuation does not fit the model's window. */
export function createScoring(request: LoglikelihoodRequest, text: TextModel, window: number): Scoring {
  const encoder = { encode: (part: string) => text.encode(part, 'special'), emptyContext: text.emptyContext };
  const pairs = request.continuations.map((continuation) => encodePair(request.context, continuation, encoder));
  const context = pairs[0]?.context ?? [text.emptyContext];
  const keys = pairs.map((pair) => pair.continuation.join());
  const distinctKeys = [...new Set(keys)];
  const continuations = distinctKeys.map((key) => pairs[keys.indexOf(key)]!.continuation);
  const longest = Math.max(0, ...continuations.map((tokens) => tokens.length));
  // The last token of a continuation is only predicted, never read.
  requireRoom(context.length + longest - 1, window, 'the context and its longest continuation');
  const totals = continuations.map((tokens) => ({ sum: 0, tokens: tokens.length, greedy: true }));
  return {
    context,
    continuations,
    add(logits, continuation, token) {
      const id = continuations[continuation]![token]!;
      const total = totals[continuation]!;
      total.sum += logProbability(logits, id);
      total.greedy &&= likeliest(logits) === id;
    },
    result: () => keys.map((key) => ({ ...totals[distinctKeys.indexOf(key)]! })),
  };
}
