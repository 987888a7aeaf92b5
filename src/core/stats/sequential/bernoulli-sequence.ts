/**
 * A share of zeros and ones that may be looked at after every one of them: the beta-binomial mixture of Howard, Ramdas,
 * McAuliffe, Sekhon 2021 (Annals of Statistics 49:1055), exact at every sample size.
 */
import { betaCdf, logBeta } from '../basics/distributions.js';
import { expectBetween0And1, expectCount, expectPositive } from '../basics/expect.js';
import type { Interval } from '../basics/interval.js';
import { findMixtureBound } from './mixture-bound.js';
import { type MixtureTuning, normalMixtureRho } from './normal-mixture.js';

export interface BetaBinomialOptions extends MixtureTuning {
  readonly sides: 1 | 2;
  /** Values lie between -g and h about their mean: p and 1 - p for zeros and ones. */
  readonly g: number;
  readonly h: number;
}

/** The logarithm of the mixture at sum s and variance v (g h per value). */
export function betaBinomialLogMixture(s: number, v: number, options: BetaBinomialOptions): number {
  const { g, h, sides } = options;
  expectPositive('g', g);
  expectPositive('h', h);
  const r = Math.max(normalMixtureRho(sides, options) - g * h, 1e-3 * g * h);
  const width = g + h;
  const beta = (a: number, b: number): number => logBeta(a, b) + (sides === 1 ? Math.log(betaCdf(h / width, a, b)) : 0);
  return (
    (v / (g * h)) * Math.log(width) -
    ((v + h * s) / (h * width)) * Math.log(g) -
    ((v - g * s) / (g * width)) * Math.log(h) +
    beta((r + v - g * s) / (g * width), (r + v + h * s) / (h * width)) -
    beta(r / (g * width), r / (h * width))
  );
}

/** How far the sum of such values may stray at variance v, at any time, with probability 1 - alpha. */
export function betaBinomialBound(v: number, options: BetaBinomialOptions & { readonly alpha?: number }): number {
  const { alpha = 0.05, g } = options;
  expectBetween0And1('alpha', alpha);
  expectPositive('v', v);
  const limit = v / g;
  return findMixtureBound((s) => betaBinomialLogMixture(s, v, options), {
    threshold: Math.log(1 / alpha),
    start: Math.min(v, limit),
    limit,
  });
}

/**
 * The shares p that `successes` of `n` do not rule out, at whatever n one stops; tightest near `tunedForN`. The betting
 * sequence is somewhat tighter, and needs the values in their order.
 */
export function bernoulliSequenceInterval(
  successes: number,
  n: number,
  options: { readonly confidence?: number; readonly tunedForN: number },
): Interval {
  expectCount('n', n, 1);
  expectCount('successes', successes);
  if (successes > n) throw new RangeError(`Expected \`successes\` to be at most n = ${n}, got ${successes}`);
  const { confidence = 0.95, tunedForN } = options;
  expectBetween0And1('confidence', confidence);
  expectPositive('tunedForN', tunedForN);
  const alpha = 1 - confidence;
  const share = successes / n;
  const excess = (p: number): number => {
    const v = p * (1 - p);
    const tuning = { sides: 2, g: p, h: 1 - p, tunedFor: v * tunedForN, tunedAlpha: alpha } as const;
    return betaBinomialLogMixture((share - p) * n, v * n, tuning) - Math.log(1 / alpha);
  };
  return {
    low: successes === 0 ? 0 : crossing(excess, { outside: 0, inside: share }),
    high: successes === n ? 1 : crossing(excess, { outside: 1, inside: share }),
  };
}

/** Where the evidence against p falls to the threshold, between a p that is out and one that is in, to 1e-12. */
function crossing(
  excess: (p: number) => number,
  { outside, inside }: { readonly outside: number; readonly inside: number },
): number {
  let [out, within] = [outside, inside];
  while (Math.abs(out - within) > 1e-12) {
    const middle = (out + within) / 2;
    if (excess(middle) > 0) out = middle;
    else within = middle;
  }
  // Where no p was ruled out, the bound is 0 or 1 itself.
  return out === outside ? outside : (out + within) / 2;
}
