/** Log-likelihoods of continuations, gathered from logits in whatever order an engine computes them. */
import type { Loglikelihood, LoglikelihoodRequest } from '../backend.js';
import { byContext, type FittedPair, joinParts, partsOf } from '../continuation.js';
import { scoreOf } from '../logits.js';
import type { TextModel } from './text-model.js';

export interface Scoring {
  /** What an engine has to read: one context, except where a text is too long for the model. */
  readonly readings: readonly Reading[];
  /** Returns the log-likelihoods in the order of the request. */
  result(): readonly Loglikelihood[];
}

export interface Reading {
  readonly context: readonly number[];
  readonly continuations: readonly (readonly number[])[];
  /** Takes the logits that predict one token of a continuation. */
  add(logits: Float32Array, continuation: number, token: number): void;
}

/** @throws ModelFailure when a continuation does not fit the model's window. */
export function createScoring(request: LoglikelihoodRequest, text: TextModel, window: number): Scoring {
  const encoder = { encode: encodingOnce(text), emptyContext: text.emptyContext };
  // Equal continuations are scored once, so that they are equal to the last bit.
  const tallies = new Map<string, readonly Tally[]>();
  for (const continuation of new Set(request.continuations)) {
    const parts = partsOf(request.context, continuation, { encoder, window });
    tallies.set(
      continuation,
      parts.map((pair) => ({ pair, sum: 0, tokens: pair.continuation.length, greedy: true })),
    );
  }
  return {
    readings: readingsOf([...tallies.values()].flat()),
    result: () =>
      request.continuations.map((continuation) => {
        const parts = tallies.get(continuation)!;
        return joinParts(
          parts,
          parts.map(({ pair }) => pair),
        );
      }),
  };
}

/** The context of all continuations is encoded once. */
function encodingOnce(text: TextModel): (part: string) => readonly number[] {
  const known = new Map<string, readonly number[]>();
  return (part) => {
    const tokens = known.get(part) ?? text.encode(part, 'special');
    known.set(part, tokens);
    return tokens;
  };
}

interface Tally extends Loglikelihood {
  readonly pair: FittedPair;
  sum: number;
  greedy: boolean;
}

/** Groups the continuations by context, because engines read a context once. */
function readingsOf(tallies: readonly Tally[]): readonly Reading[] {
  return byContext(tallies).map((members) => ({
    context: members[0]!.pair.context,
    continuations: members.map(({ pair }) => pair.continuation),
    add(logits, continuation, token) {
      const tally = members[continuation]!;
      const id = tally.pair.continuation[token]!;
      const { logprob, greedy } = scoreOf(logits, id);
      tally.sum += logprob;
      tally.greedy &&= greedy;
    },
  }));
}
