/**
 * Lengths in tokens, of prompts and of answers:
 *
 *     4096                 always the same
 *     uniform:100,500      every whole number between the two, each as often
 *     normal:500,100       by mean and standard deviation
 *     lognormal:500,0.5    by mean and the standard deviation of the logarithm, as lengths of real traffic mostly are
 */

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
