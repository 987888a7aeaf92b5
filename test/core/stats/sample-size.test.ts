import { describe, expect, it } from 'vitest';
import {
  detectableMargin,
  equivalenceSampleSize,
  mcNemarSampleSize,
  minimumDetectableEffect,
  nonInferiorityPower,
  nonInferioritySampleSize,
  pairedSampleSize,
  pairedVariance,
  repetitionsForPrecision,
  tangoSampleSize,
  unpairedNonInferioritySampleSize,
  varianceOfMean,
} from '../../../src/core/stats/compare/sample-size.js';

describe('the size of a paired comparison (Miller 2024)', () => {
  const betweenItems = 1 / 9;

  it('is 969 items for three points when answers are deterministic', () => {
    expect(pairedSampleSize(0.03, pairedVariance({ betweenItems }))).toBeCloseTo(968.997, 2);
  });

  it('is 3,876 items for single random answers and 1,260 for ten of each', () => {
    const noisy = { betweenItems, withinA: 1 / 6, withinB: 1 / 6 };
    expect(pairedSampleSize(0.03, pairedVariance(noisy))).toBeCloseTo(3_876, 0);
    const averaged = pairedVariance({ ...noisy, repetitionsA: 10, repetitionsB: 10 });
    expect(pairedSampleSize(0.03, averaged)).toBeCloseTo(1_259.7, 1);
  });

  it('turned round says what 198 items can show', () => {
    const noisy = { betweenItems, withinA: 1 / 6, withinB: 1 / 6 };
    expect(minimumDetectableEffect(198, pairedVariance(noisy))).toBeCloseTo(0.132733, 6);
    const averaged = pairedVariance({ ...noisy, repetitionsA: 10, repetitionsB: 10 });
    expect(minimumDetectableEffect(198, averaged)).toBeCloseTo(0.07567, 6);
    expect(pairedSampleSize(minimumDetectableEffect(198, averaged), averaged)).toBeCloseTo(198, 9);
  });

  it('falls with repetitions only to the variance between items', () => {
    const left = (repetitions: number) =>
      varianceOfMean({ betweenItems: 1 / 12, withinItems: 1 / 6, repetitions, n: 1 }) /
      varianceOfMean({ betweenItems: 1 / 12, withinItems: 1 / 6, repetitions: 1, n: 1 });
    expect(left(2)).toBeCloseTo(0.6667, 4);
    expect(left(4)).toBeCloseTo(0.5, 12);
    expect(left(6)).toBeCloseTo(0.4444, 4);
    expect(left(1e9)).toBeCloseTo(1 / 3, 6);
  });

  it('saves by pairing what the formula says: a sixth, a quarter, a third and at most a half at a correlation of 0.5', () => {
    const saved = (repetitions: number) => {
      const single = varianceOfMean({ betweenItems: 1 / 12, withinItems: 1 / 6, repetitions, n: 1 });
      const betweenDifferences = 2 * (1 / 12) * (1 - 0.5);
      const within = { withinA: 1 / 6, withinB: 1 / 6, repetitionsA: repetitions, repetitionsB: repetitions };
      return 1 - pairedVariance({ betweenItems: betweenDifferences, ...within }) / (2 * single);
    };
    expect(saved(1)).toBeCloseTo(1 / 6, 9);
    expect(saved(2)).toBeCloseTo(1 / 4, 9);
    expect(saved(4)).toBeCloseTo(1 / 3, 9);
    expect(saved(1e9)).toBeCloseTo(1 / 2, 6);
  });
});

describe('the size of a non-inferiority comparison', () => {
  it('agrees with the worked examples', () => {
    expect(nonInferioritySampleSize({ discordance: 0.11, margin: 0.05 })).toBeCloseTo(272.03, 2);
    expect(nonInferioritySampleSize({ discordance: 0.11, margin: 0.03 })).toBeCloseTo(755.6, 1);
    expect(nonInferioritySampleSize({ discordance: 0.11, margin: 0.05, difference: -0.01 })).toBeCloseTo(424.7, 1);
    expect(equivalenceSampleSize({ discordance: 0.11, margin: 0.05 })).toBeCloseTo(376.8, 1);
    expect(unpairedNonInferioritySampleSize(0.8, 0.05)).toBeCloseTo(791.4, 1);
  });

  it('turned round gives the power and the margin back', () => {
    const plan = { discordance: 0.11, margin: 0.05, difference: -0.01, power: 0.9 };
    const n = nonInferioritySampleSize(plan);
    expect(nonInferiorityPower(n, plan)).toBeCloseTo(0.9, 9);
    expect(detectableMargin(n, plan)).toBeCloseTo(0.05, 9);
  });

  it("is larger for Tango's test, whose variance under the hypothesis is larger", () => {
    expect(Math.ceil(tangoSampleSize({ discordance: 0.11, margin: 0.05 }))).toBe(297);
    expect(Math.ceil(tangoSampleSize({ discordance: 0.11, margin: 0.03 }))).toBe(783);
  });

  it('grows with the design effect of clusters', () => {
    const plan = { discordance: 0.11, margin: 0.05 };
    expect(nonInferioritySampleSize({ ...plan, designEffect: 2.8 })).toBeCloseTo(2.8 * 272.03, 1);
    expect(tangoSampleSize({ ...plan, designEffect: 2.8 })).toBeCloseTo(2.8 * tangoSampleSize(plan), 9);
  });

  it('does not exist when the truth lies at the margin or beyond', () => {
    expect(() => nonInferioritySampleSize({ discordance: 0.11, margin: 0.05, difference: -0.05 })).toThrow(
      'no size shows it',
    );
    expect(() => tangoSampleSize({ discordance: 0.02, margin: 0.05, difference: 0.03 })).toThrow('`discordance`');
    expect(() => nonInferioritySampleSize({ discordance: 0, margin: 0.05 })).toThrow(RangeError);
  });
});

describe("the size for McNemar's test", () => {
  it('agrees with the worked examples, either way round', () => {
    expect(mcNemarSampleSize(0.1, 0.05)).toBeCloseTo(468.57, 2);
    expect(mcNemarSampleSize(0.07, 0.04)).toBeCloseTo(956.95, 2);
    expect(mcNemarSampleSize(0.06, 0.05)).toBeCloseTo(8_631.4, 1);
    expect(mcNemarSampleSize(0.05, 0.1)).toBeCloseTo(468.57, 2);
    expect(() => mcNemarSampleSize(0.05, 0.05)).toThrow(RangeError);
  });
});

describe('repetitions of a timing', () => {
  it('are 97 for 1% at a coefficient of variation of 5%', () => {
    expect(Math.ceil(repetitionsForPrecision(0.05, 0.01))).toBe(97);
  });
});
