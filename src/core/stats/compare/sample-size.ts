/**
 * How many items to ask, before asking them; and, the other way round, what so many items can show.
 *
 * All sizes are exact and unrounded: take the ceiling. Clustered items count for less: multiply by the design effect, which
 * every function does when given one.
 */
import { normalCdf, normalQuantile, twoSidedZ } from '../basics/distributions.js';
import { expectBetween0And1, expectPositive, expectProbability } from '../basics/expect.js';
import { scoreVariance } from './paired-proportions.js';

export interface PowerOptions {
  /** 0.05 unless said otherwise; two-sided for a difference, one-sided for non-inferiority. */
  readonly alpha?: number;
  /** Chance of finding what is there, 0.8 unless said otherwise. */
  readonly power?: number;
  /** `1 + (m - 1) ICC` for clusters of m items, 1 unless said otherwise. */
  readonly designEffect?: number;
}

/** Where the variance of one paired difference comes from (Miller 2024, arXiv 2411.00640, section 5). */
export interface PairedVariance {
  /** Var(x_A - x_B), between items. */
  readonly betweenItems: number;
  /** E[sigma^2] of one answer by A and by B to the same item; 0 for deterministic answers. */
  readonly withinA?: number;
  readonly withinB?: number;
  /** Answers averaged per item, 1 unless said otherwise. */
  readonly repetitionsA?: number;
  readonly repetitionsB?: number;
}

/** `omega^2 + sigma_A^2 / K_A + sigma_B^2 / K_B`: the variance of one item's averaged difference. */
export function pairedVariance(parts: PairedVariance): number {
  const { betweenItems, withinA = 0, withinB = 0, repetitionsA = 1, repetitionsB = 1 } = parts;
  expectPositive('repetitionsA', repetitionsA);
  expectPositive('repetitionsB', repetitionsB);
  return betweenItems + withinA / repetitionsA + withinB / repetitionsB;
}

/** `(Var(x) + E[sigma^2] / K) / n`: what averaging K answers per item leaves of the variance of a mean. */
export function varianceOfMean(parts: {
  readonly betweenItems: number;
  readonly withinItems: number;
  readonly repetitions: number;
  readonly n: number;
}): number {
  expectPositive('repetitions', parts.repetitions);
  expectPositive('n', parts.n);
  return (parts.betweenItems + parts.withinItems / parts.repetitions) / parts.n;
}

/** Items that show a true mean difference of `difference` (two-sided test): `(z_{a/2} + z_b)^2 variance / difference^2`. */
export function pairedSampleSize(difference: number, variance: number, options: PowerOptions = {}): number {
  const { alpha, power, designEffect } = withDefaults(options);
  expectPositive('Math.abs(difference)', Math.abs(difference));
  expectPositive('variance', variance);
  return (designEffect * (twoSidedZ(1 - alpha) + normalQuantile(power)) ** 2 * variance) / difference ** 2;
}

/** The difference that `n` items show: the inverse of `pairedSampleSize`. */
export function minimumDetectableEffect(n: number, variance: number, options: PowerOptions = {}): number {
  const { alpha, power, designEffect } = withDefaults(options);
  expectPositive('n', n);
  expectPositive('variance', variance);
  return (twoSidedZ(1 - alpha) + normalQuantile(power)) * Math.sqrt((designEffect * variance) / n);
}

/** The plan of a non-inferiority comparison of two models on the same items. */
export interface NonInferiorityPlan extends PowerOptions {
  /** Share of items on which the two disagree, (b + c) / N; 50 pilot items tell it well enough. */
  readonly discordance: number;
  readonly margin: number;
  /** True candidate - reference, 0 unless said otherwise. */
  readonly difference?: number;
}

/**
 * `(z_a + z_b)^2 (p_d - Delta^2) / (margin + Delta)^2`, alpha one-sided (Lu and Bean 1995, Statistics in Medicine 14:1831,
 * in the form for a Wald test).
 *
 * @throws RangeError when the true difference is at or below -margin: then no size shows non-inferiority.
 */
export function nonInferioritySampleSize(plan: NonInferiorityPlan): number {
  const { alpha, power, designEffect } = withDefaults(plan);
  const { variance, distance } = planDistance(plan);
  return (designEffect * (normalQuantile(1 - alpha) + normalQuantile(power)) ** 2 * variance) / distance ** 2;
}

/**
 * The same for Tango's score test, which is what `testNonInferiority` applies to items scored 0 or 1. Its variance under
 * the hypothesis is not the one under the truth: `(z_a sd_0 + z_b sd_1)^2 / (margin + Delta)^2` (Nam 1997, Biometrics
 * 53:1422). Plan with this one: at the Wald size the score test has 2 to 3 points less power than was asked for.
 */
export function tangoSampleSize(plan: NonInferiorityPlan): number {
  const { alpha, power, designEffect } = withDefaults(plan);
  const { variance, distance } = planDistance(plan);
  const { discordance, margin, difference = 0 } = plan;
  const onlyFirst = (discordance + difference) / 2;
  const underNull = scoreVariance({ onlyFirst, onlySecond: discordance - onlyFirst, delta: -margin });
  const z = normalQuantile(1 - alpha) * Math.sqrt(underNull) + normalQuantile(power) * Math.sqrt(variance);
  return (designEffect * z ** 2) / distance ** 2;
}

/** The chance that `n` items show non-inferiority when the plan's numbers are true. */
export function nonInferiorityPower(n: number, plan: NonInferiorityPlan): number {
  const { alpha, designEffect } = withDefaults(plan);
  const { variance, distance } = planDistance(plan);
  expectPositive('n', n);
  return normalCdf(distance / Math.sqrt((designEffect * variance) / n) - normalQuantile(1 - alpha));
}

/** The smallest margin that `n` items can show: `(z_a + z_b) sqrt((p_d - Delta^2) / n) - Delta`. */
export function detectableMargin(n: number, plan: Omit<NonInferiorityPlan, 'margin'>): number {
  const { alpha, power, designEffect } = withDefaults(plan);
  const { difference = 0, discordance } = plan;
  expectPositive('n', n);
  expectDiscordance(discordance, difference);
  const z = normalQuantile(1 - alpha) + normalQuantile(power);
  return z * Math.sqrt((designEffect * (discordance - difference ** 2)) / n) - difference;
}

/** Equivalence (TOST) of truly equal models: `(z_a + z_{b/2})^2 p_d / margin^2`, as both sides must succeed. */
export function equivalenceSampleSize(plan: Omit<NonInferiorityPlan, 'difference'>): number {
  const { alpha, power, designEffect } = withDefaults(plan);
  const { variance, distance } = planDistance(plan);
  return (designEffect * (normalQuantile(1 - alpha) + normalQuantile((1 + power) / 2)) ** 2 * variance) / distance ** 2;
}

/** Items per model when each model gets items of its own, both right with probability p: why one should pair. */
export function unpairedNonInferioritySampleSize(p: number, margin: number, options: PowerOptions = {}): number {
  const { alpha, power, designEffect } = withDefaults(options);
  expectBetween0And1('p', p);
  expectPositive('margin', margin);
  return (designEffect * (normalQuantile(1 - alpha) + normalQuantile(power)) ** 2 * 2 * p * (1 - p)) / margin ** 2;
}

/**
 * Items that show by McNemar's test that two models differ, from the shares that only the one and only the other gets
 * right: `(z_{a/2} sqrt(p_d) + z_b sqrt(p_d - D^2))^2 / D^2` (Miettinen 1968; Connor 1987, Biometrics 43:207).
 */
export function mcNemarSampleSize(onlyFirst: number, onlySecond: number, options: PowerOptions = {}): number {
  const { alpha, power, designEffect } = withDefaults(options);
  const discordance = onlyFirst + onlySecond;
  const difference = onlyFirst - onlySecond;
  expectDiscordance(discordance, difference);
  expectPositive('Math.abs(onlyFirst - onlySecond)', Math.abs(difference));
  const underNull = twoSidedZ(1 - alpha) * Math.sqrt(discordance);
  const underTruth = normalQuantile(power) * Math.sqrt(discordance - difference ** 2);
  return (designEffect * (underNull + underTruth) ** 2) / difference ** 2;
}

/** Repetitions that bring the half-width of a mean to `relativeError` of it: `(z CV / relativeError)^2`. */
export function repetitionsForPrecision(
  coefficientOfVariation: number,
  relativeError: number,
  confidence = 0.95,
): number {
  expectPositive('coefficientOfVariation', coefficientOfVariation);
  expectPositive('relativeError', relativeError);
  return ((twoSidedZ(confidence) * coefficientOfVariation) / relativeError) ** 2;
}

function withDefaults(options: PowerOptions): Required<PowerOptions> {
  const { alpha = 0.05, power = 0.8, designEffect = 1 } = options;
  expectBetween0And1('alpha', alpha);
  expectBetween0And1('power', power);
  expectPositive('designEffect', designEffect);
  return { alpha, power, designEffect };
}

function planDistance(plan: Omit<NonInferiorityPlan, keyof PowerOptions>): {
  readonly variance: number;
  readonly distance: number;
} {
  const { discordance, margin, difference = 0 } = plan;
  expectDiscordance(discordance, difference);
  const distance = margin + difference;
  if (!(distance > 0)) {
    throw new RangeError(
      `Expected a true difference above the margin of -${margin}, got ${difference}: no size shows it`,
    );
  }
  return { variance: discordance - difference ** 2, distance };
}

function expectDiscordance(discordance: number, difference: number): void {
  expectProbability('discordance', discordance);
  if (!(discordance > 0 && discordance >= Math.abs(difference))) {
    throw new RangeError(
      `Expected \`discordance\` to be above 0 and at least the difference of ${difference}, got ${discordance}`,
    );
  }
}
