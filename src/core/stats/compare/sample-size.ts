/**
 * How many items a non-inferiority comparison takes, and what a number of items can show: the normal approximation to Tango's
 * score test, which judges items scored 0 or 1 (Nam 1997, Biometrics 53:1422).
 *
 *     n = (z_alpha sd_0 + z_beta sd_1)^2 / (margin + difference)^2
 *
 * sd_0 is the spread of one paired difference under the hypothesis and sd_1 the spread under the truth. At a margin of 0 it is
 * the size for McNemar's test (Connor 1987, Biometrics 43:207). The textbook form with sd_1 twice loses 2 to 3 points of power.
 */
import { normalQuantile } from '../basics/distributions.js';
import { expectBetween0And1, expectPositive, expectProbability } from '../basics/expect.js';

/** The assumptions about the two models, and the strictness of the test. */
export interface NonInferiorityPlan {
  /** Share of items on which exactly one of the two models is right. Some fifty pilot items tell it. */
  readonly discordance: number;
  readonly margin: number;
  /** The true candidate - reference; the default is 0. */
  readonly difference?: number;
  /** One-sided; the default is 0.05. */
  readonly alpha?: number;
  /** `1 + (m - 1) ICC` for clusters of m items; the default is 1. */
  readonly designEffect?: number;
}

/**
 * Items with which the test shows non-inferiority with the wanted power. It is not rounded: take the ceiling.
 * @throws RangeError when the true difference is at or below -margin: then no size shows non-inferiority.
 */
export function tangoSampleSize(plan: NonInferiorityPlan, power = 0.8): number {
  expectBetween0And1('power', power);
  const { critical, underNull, underTruth, distance, designEffect } = spreadsOf(plan);
  return (designEffect * (critical * underNull + normalQuantile(power) * underTruth) ** 2) / distance ** 2;
}

function spreadsOf(plan: NonInferiorityPlan) {
  const { discordance, margin, difference = 0, alpha = 0.05, designEffect = 1 } = plan;
  expectBetween0And1('alpha', alpha);
  expectPositive('designEffect', designEffect);
  expectProbability('margin', margin);
  expectDiscordance(discordance, difference);
  const distance = margin + difference;
  if (!(distance > 0)) {
    throw new RangeError(
      `Expected a true difference above the margin of -${margin}, got ${difference}: no size shows it`,
    );
  }
  const onlyFirst = (discordance + difference) / 2;
  return {
    critical: normalQuantile(1 - alpha),
    underNull: Math.sqrt(scoreVariance({ onlyFirst, onlySecond: discordance - onlyFirst, delta: -margin })),
    underTruth: Math.sqrt(discordance - difference ** 2),
    distance,
    designEffect,
  };
}

/**
 * Tango 1998, Statistics in Medicine 17:891: the variance of one item's difference if the true difference is `delta`: `2 q + delta (1 - delta)`, where q is the likeliest
 * share of "only second" under delta. It takes shares, not counts.
 */
function scoreVariance(shares: {
  readonly onlyFirst: number;
  readonly onlySecond: number;
  readonly delta: number;
}): number {
  const { onlyFirst: b, onlySecond: c, delta } = shares;
  const linear = -b - c + (2 - b + c) * delta;
  const constant = -c * delta * (1 - delta);
  const root = Math.sqrt(Math.max(0, linear ** 2 - 8 * constant));
  // The root of the quadratic has two forms. The form that adds numbers of the same sign keeps its digits.
  const q = linear <= 0 ? (root - linear) / 4 : (-2 * constant) / (root + linear);
  return Math.max(0, 2 * q + delta * (1 - delta));
}

function expectDiscordance(discordance: number, difference: number): void {
  expectProbability('discordance', discordance);
  if (!(discordance > 0 && discordance >= Math.abs(difference))) {
    throw new RangeError(
      `Expected \`discordance\` to be above 0 and at least the difference of ${difference}, got ${discordance}`,
    );
  }
}
