/** Sums of units that are nearly all alike, and lost or won whole otherwise. */
import { describe, expect, it } from 'vitest';
import { lumpedTail } from '../../../src/core/stats/compare/lumped-tail.js';
import { scoreTest } from '../../../src/core/stats/compare/score-test.js';

/** Losses of 1 among differences of next to nothing. */
function graded(n: number, losses: number, small: number): number[] {
  return Array.from({ length: n }, (_, i) => (i < losses ? -1 : small * (((i * 0.618) % 1) - 0.5)));
}

describe('the tail of a sum in lumps', () => {
  // scipy.stats.binom.cdf(4, 300, 0.03)
  it('is that of a binomial, where units are lost or not', () => {
    const points = [
      { distance: -1, weight: 0.03 },
      { distance: 0, weight: 0.97 },
    ];
    expect(lumpedTail(points, { units: 300, least: -4 })).toBeCloseTo(0.05243413195892177, 9);
  });

  // scipy.stats.multinomial.pmf([l, w, 50 - l - w], 50, [0.1, 0.03, 0.87]), summed where w - l >= -2
  it('is that of a multinomial, where units are won as well', () => {
    const points = [
      { distance: -1, weight: 0.1 },
      { distance: 0, weight: 0.87 },
      { distance: 1, weight: 0.03 },
    ];
    expect(lumpedTail(points, { units: 50, least: -2 })).toBeCloseTo(0.35027668608984597, 6);
  });

  it('is none where there are no steps: among values of every size, and among very many losses', () => {
    const even = Array.from({ length: 21 }, (_, i) => ({ distance: i / 10 - 1, weight: 1 / 21 }));
    expect(lumpedTail(even, { units: 50, least: 5 })).toBe(0);
    const many = [
      { distance: -0.5, weight: 0.5 },
      { distance: 0.5, weight: 0.5 },
    ];
    expect(lumpedTail(many, { units: 1_000, least: 30 })).toBe(0);
  });
});

describe('the score test of graded scores that are lost whole', () => {
  it.each([
    [36, 0, 0.07, 0.07334764054002017],
    [300, 4, 0.03, 0.05243413195892177],
  ])('has the p-value of %d samples with %d losses, whatever the others differ by', (n, losses, margin, exact) => {
    for (const small of [1e-6, 0.001, 0.01]) {
      const p = scoreTest(graded(n, losses, small)).greaterP(-margin);
      expect(p).toBeGreaterThan(0.05);
      expect(p).toBeLessThan(exact * 1.1);
    }
  });

  // scipy.stats.binom.cdf(2, 200, 0.03)
  it('has that of groups that lose all or nothing', () => {
    const clusters = Array.from({ length: 1_000 }, (_, i) => Math.floor(i / 5));
    const values = clusters.map((group) => (group < 2 ? -1 : 0));
    expect(scoreTest(values, { clusters }).greaterP(-0.03)).toBeCloseTo(0.05929094572590555, 6);
  });

  it('is wrong no more often than its level, where a normal tail is wrong in up to 7.3%', () => {
    const level = 0.05;
    for (const [n, margin] of [
      [100, 0.1],
      [100, 0.2],
      [300, 0.03],
    ] as const) {
      let wrong = 0;
      // The number of losses decides, so its distribution gives the rate.
      let probability = (1 - margin) ** n;
      for (let losses = 0; losses < n * margin; losses++) {
        if (scoreTest(graded(n, losses, 0.01)).greaterP(-margin) <= level) wrong += probability;
        probability *= ((n - losses) / (losses + 1)) * (margin / (1 - margin));
      }
      expect(wrong).toBeGreaterThan(0);
      expect(wrong).toBeLessThanOrEqual(level);
    }
  });
});
