/** Lengths drawn from what `lengths.ts` names. */
import { normalQuantile } from '../stats/basics/normal.js';
import { type Random, shuffle } from '../stats/basics/random.js';
import type { Lengths } from './lengths.js';

/**
 * Draws `count` lengths, 1 or more each, in random order. They are the quantiles at the middles of equal shares, so that a hundred of them stand
 * for the distribution without the luck of a draw.
 */
export function drawLengths(lengths: Lengths, count: number, random: Random): number[] {
  const quantiles = Array.from({ length: count }, (_, i) =>
    Math.max(1, Math.round(quantileOf(lengths, (i + 0.5) / count))),
  );
  return shuffle(quantiles, random);
}

/** The shortest that `drawLengths` returns. */
export function shortestOf(lengths: Lengths, count: number): number {
  return Math.max(1, Math.round(quantileOf(lengths, 0.5 / count)));
}

function quantileOf(lengths: Lengths, q: number): number {
  switch (lengths.kind) {
    case 'fixed':
      return lengths.tokens;
    case 'uniform':
      return lengths.least + (lengths.most - lengths.least) * q;
    case 'normal':
      return lengths.mean + lengths.deviation * normalQuantile(q);
    case 'lognormal':
      return lengths.mean * Math.exp(lengths.sigma * normalQuantile(q) - lengths.sigma ** 2 / 2);
  }
}
