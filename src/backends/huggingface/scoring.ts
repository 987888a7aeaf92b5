/** Log-likelihoods of continuations, gathered from logits in whatever order an engine computes them. */
import type { Loglikelihood, LoglikelihoodRequest } from '../backend.js';
import { cutOf, encodePair, type FittedPair, fitPair } from '../continuation.js';
import { likeliest, logProbability } from '../sampling.js';
import type { TextModel } from './text-model.js';

export interface Scoring {
  /** What an engine has to read: one context, except where a text is too long for the model and loses its beginning. */
  readonly readings: readonly Reading[];
  /** In the order of the request. */
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
  const encoder = { encode: (part: string) => text.encode(part, 'special'), emptyContext: text.emptyContext };
  const keys: string[] = [];
  // Equal continuations are scored once, so that they are equal to the last bit.
  const tallies = new Map<string, Tally>();
  for (const continuation of request.continuations) {
    const pair = fitPair(encodePair(request.context, continuation, encoder), window);
    const key = pair.continuation.join();
    keys.push(key);
    if (!tallies.has(key)) tallies.set(key, { pair, sum: 0, greedy: true });
  }
  return {
    readings: readingsOf([...tallies.values()]),
    result: () =>
      keys.map((key) => {
        const { pair, sum, greedy } = tallies.get(key)!;
        return { sum, tokens: pair.continuation.length, greedy, ...cutOf(pair) };
      }),
  };
}

interface Tally {
  readonly pair: FittedPair;
  sum: number;
  greedy: boolean;
}

function readingsOf(tallies: readonly Tally[]): readonly Reading[] {
  const lengths = new Set(tallies.map(({ pair }) => pair.context.length));
  return [...lengths].map((length) => {
    const members = tallies.filter(({ pair }) => pair.context.length === length);
    return {
      context: members[0]!.pair.context,
      continuations: members.map(({ pair }) => pair.continuation),
      add(logits, continuation, token) {
        const tally = members[continuation]!;
        const id = tally.pair.continuation[token]!;
        tally.sum += logProbability(logits, id);
        tally.greedy &&= likeliest(logits) === id;
      },
    };
  });
}
