/**
 * Lengths in tokens, of prompts and of answers:
 *
 *     4096                 always the same
 *     uniform:100,500      every whole number between the two, each as often
 *     normal:500,100       by mean and standard deviation
 *     lognormal:500,0.5    by mean and the standard deviation of the logarithm, as lengths of real traffic mostly are
 */
import { normalQuantile } from '../stats/basics/normal.js';
import { type Random, shuffle } from '../stats/basics/random.js';

export type Lengths =
  | { readonly kind: 'fixed'; readonly tokens: number }
  | { readonly kind: 'uniform'; readonly least: number; readonly most: number }
  | { readonly kind: 'normal'; readonly mean: number; readonly deviation: number }
  | { readonly kind: 'lognormal'; readonly mean: number; readonly sigma: number };

const LENGTHS = /^(?:([1-9]\d{0,6})|(uniform|normal|lognormal):([1-9]\d{0,6}),(\d{1,7}(?:\.\d{1,6})?))$/;

/** @returns Null where the text names no lengths. */
export function parseLengths(text: string): Lengths | null {
  const [, fixed, kind, first, second] = LENGTHS.exec(text.trim()) ?? [];
  if (fixed !== undefined) return { kind: 'fixed', tokens: Number(fixed) };
  const [a, b] = [Number(first), Number(second)];
  switch (kind) {
    case 'uniform':
      return Number.isInteger(b) && b >= a ? { kind, least: a, most: b } : null;
    case 'normal':
      return { kind, mean: a, deviation: b };
    case 'lognormal':
      return b > 0 && b <= 3 ? { kind, mean: a, sigma: b } : null;
    default:
      return null;
  }
}

/** Returns the text that `parseLengths` reads. */
export function lengthsText(lengths: Lengths): string {
  switch (lengths.kind) {
    case 'fixed':
      return String(lengths.tokens);
    case 'uniform':
      return `uniform:${lengths.least},${lengths.most}`;
    case 'normal':
      return `normal:${lengths.mean},${lengths.deviation}`;
    case 'lognormal':
      return `lognormal:${lengths.mean},${lengths.sigma}`;
  }
}

/**
 * So many lengths, 1 or more each, in random order. They are the quantiles at the middles of equal shares, so that a hundred of them stand
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
