import { describe, expect, it } from 'vitest';
import { tangoSampleSize } from '../../../src/core/stats/compare/sample-size.js';

describe('the size of a non-inferiority comparison', () => {
  it('is what the score test takes, which is more than the textbook form says', () => {
    // The textbook form gives 272.03 and 755.6.
    expect(Math.ceil(tangoSampleSize({ discordance: 0.11, margin: 0.05 }))).toBe(297);
    expect(Math.ceil(tangoSampleSize({ discordance: 0.11, margin: 0.03 }))).toBe(783);
  });

  it("is Connor's size for McNemar's test at a margin of 0", () => {
    const size = (onlyFirst: number, onlySecond: number) =>
      tangoSampleSize({
        discordance: onlyFirst + onlySecond,
        difference: onlyFirst - onlySecond,
        margin: 0,
        alpha: 0.025,
      });
    expect(size(0.1, 0.05)).toBeCloseTo(468.57, 2);
    expect(size(0.07, 0.04)).toBeCloseTo(956.95, 2);
    expect(size(0.06, 0.05)).toBeCloseTo(8_631.4, 1);
  });

  it('grows with the design effect of clusters', () => {
    const plan = { discordance: 0.11, margin: 0.05 };
    expect(tangoSampleSize({ ...plan, designEffect: 2.8 })).toBeCloseTo(2.8 * tangoSampleSize(plan), 9);
  });

  it('does not exist when the truth lies at the margin or beyond', () => {
    expect(() => tangoSampleSize({ discordance: 0.11, margin: 0.05, difference: -0.05 })).toThrow('no size shows it');
    expect(() => tangoSampleSize({ discordance: 0.02, margin: 0.05, difference: 0.03 })).toThrow('`discordance`');
    expect(() => tangoSampleSize({ discordance: 0, margin: 0.05 })).toThrow(RangeError);
  });
});
