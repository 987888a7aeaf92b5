import { describe, expect, it } from 'vitest';
import { binomialPmf } from '../../../src/core/stats/basics/distributions.js';
import type { Interval } from '../../../src/core/stats/basics/interval.js';
import { clopperPearsonInterval, wilsonInterval, zeroFailureBound } from '../../../src/core/stats/estimate/binomial.js';

function expectInterval(interval: Interval, low: number, high: number, digits = 4): void {
  expect(interval.low).toBeCloseTo(low, digits);
  expect(interval.high).toBeCloseTo(high, digits);
}

/** The probability that the interval holds p, summed over every outcome. */
function coverage(interval: (x: number, n: number) => Interval, n: number, p: number): number {
  let covered = 0;
  for (let x = 0; x <= n; x++) {
    const { low, high } = interval(x, n);
    if (low <= p && p <= high) covered += binomialPmf(x, n, p);
  }
  return covered;
}

describe('binomial intervals', () => {
  // Newcombe 1998, Statistics in Medicine 17:857, and methodology 1.2.
  it('give the published bounds for 81 of 263', () => {
    expectInterval(wilsonInterval(81, 263), 0.2553, 0.3662);
    expectInterval(clopperPearsonInterval(81, 263), 0.2527, 0.3676);
  });

  it('give the published bounds at no success and at nothing but successes', () => {
    expectInterval(wilsonInterval(0, 20), 0, 0.1611);
    expectInterval(clopperPearsonInterval(0, 20), 0, 0.1684);
    expectInterval(wilsonInterval(10, 10), 0.7225, 1);
    expectInterval(clopperPearsonInterval(10, 10), 0.6915, 1);
  });

  it('give the published bounds for 8 of 10, 45 of 50 and 16 of 250', () => {
    expectInterval(wilsonInterval(8, 10), 0.4902, 0.9433);
    expectInterval(clopperPearsonInterval(8, 10), 0.4439, 0.9748);
    expectInterval(wilsonInterval(45, 50), 0.7864, 0.9565);
    expectInterval(clopperPearsonInterval(45, 50), 0.7819, 0.9667);
    expectInterval(wilsonInterval(16, 250), 0.0398, 0.1014);
  });

  it('have exactly 0 and 1 as bounds at the ends, and width even for one trial', () => {
    for (const interval of [wilsonInterval, clopperPearsonInterval]) {
      expect(interval(0, 1).low).toBe(0);
      expect(interval(1, 1).high).toBe(1);
      expect(interval(0, 1).high).toBeGreaterThan(0.7);
      expect(interval(1, 1).low).toBeLessThan(0.3);
    }
  });

  it('mirror when successes and failures change places', () => {
    for (const interval of [wilsonInterval, clopperPearsonInterval]) {
      const [left, right] = [interval(7, 31, 0.9), interval(24, 31, 0.9)];
      expectInterval(left, 1 - right.high, 1 - right.low, 12);
    }
  });

  it('refuse no trials, more successes than trials, and a confidence given in percent', () => {
    expect(() => wilsonInterval(0, 0)).toThrow('Expected `n` to be a finite number above 0, got 0');
    expect(() => wilsonInterval(11, 10)).toThrow('Expected `successes` to lie between 0 and n = 10, got 11');
    expect(() => clopperPearsonInterval(-1, 10)).toThrow('got -1');
    expect(() => clopperPearsonInterval(1, 10, 95)).toThrow('Expected `confidence` to lie strictly between 0 and 1');
    expect(() => wilsonInterval(Number.NaN, 10)).toThrow(RangeError);
  });

  it('cover: Clopper-Pearson never less than it says, Wilson close to it on average', () => {
    const rates = Array.from({ length: 49 }, (_, i) => (i + 1) / 50);
    const average = (interval: typeof wilsonInterval, n: number) =>
      rates.reduce((total, p) => total + coverage((x, m) => interval(x, m), n, p), 0) / rates.length;
    for (const n of [10, 30, 100]) {
      for (const p of rates)
        expect(coverage((x, m) => clopperPearsonInterval(x, m), n, p)).toBeGreaterThanOrEqual(0.95);
      expect(Math.abs(average(wilsonInterval, n) - 0.95)).toBeLessThan(0.01);
    }
  });
});

describe('zero failures', () => {
  it('in 30 trials still allow a rate of 9.5%, near the rule of three', () => {
    expect(zeroFailureBound(30)).toBeCloseTo(0.09503, 5);
    expect(zeroFailureBound(30)).toBeLessThan(3 / 30);
  });
});
