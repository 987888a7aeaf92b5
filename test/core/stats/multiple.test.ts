import { describe, expect, it } from 'vitest';
import { isMissing } from '../../../src/core/quantity.js';
import { createRandom } from '../../../src/core/stats/basics/random.js';
import { benjaminiHochberg, holm, hommel } from '../../../src/core/stats/compare/multiple.js';
import { simultaneousMeans } from '../../../src/core/stats/compare/simultaneous.js';

function expectAll(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 9);
  });
}

describe('adjusted p-values', () => {
  it('agree with the worked example', () => {
    const p = [0.01, 0.04, 0.03, 0.005];
    expectAll(holm(p), [0.03, 0.06, 0.06, 0.02]);
    expectAll(benjaminiHochberg(p), [0.02, 0.04, 0.04, 0.02]);
    expectAll(hommel(p), [0.03, 0.04, 0.04, 0.02]);
  });

  it('agree with statsmodels on seven', () => {
    expectAll(hommel([0.01, 0.02, 0.022, 0.09, 0.5, 0.3, 0.07]), [0.06, 0.1, 0.11, 0.27, 0.5, 0.5, 0.21]);
  });

  it('leave none and one alone, cap at 1, and treat ties alike', () => {
    for (const adjust of [holm, benjaminiHochberg, hommel]) {
      expect(adjust([])).toEqual([]);
      expect(adjust([0.04])).toEqual([0.04]);
      expect(adjust([0.9, 0.8, 0.95]).every((p) => p <= 1)).toBe(true);
      expect(new Set(adjust([0.02, 0.02, 0.02])).size).toBe(1);
    }
    expect(() => holm([0.1, 1.1])).toThrow('Expected `pValues[1]` to lie in [0, 1], got 1.1');
    expect(() => hommel([Number.NaN])).toThrow(RangeError);
  });

  it('are ordered: Benjamini-Hochberg below Hommel below Holm, none below the raw p', () => {
    const random = createRandom('adjusted p');
    for (let i = 0; i < 200; i++) {
      const p = Array.from({ length: 1 + random.below(8) }, () => random.uniform() ** 2);
      const [high, middle, low] = [holm(p), hommel(p), benjaminiHochberg(p)];
      p.forEach((raw, k) => {
        expect(low[k]).toBeGreaterThanOrEqual(raw);
        expect(middle[k]! + 1e-12).toBeGreaterThanOrEqual(low[k]!);
        expect(high[k]! + 1e-12).toBeGreaterThanOrEqual(middle[k]!);
      });
    }
  });

  it('by Holm keep the chance of any wrong claim among ten at 5%', () => {
    const random = createRandom('family-wise');
    let [raw, adjusted] = [0, 0];
    for (let i = 0; i < 4_000; i++) {
      const p = Array.from({ length: 10 }, () => random.uniform());
      if (p.some((value) => value < 0.05)) raw++;
      if (holm(p).some((value) => value < 0.05)) adjusted++;
    }
    expect(raw / 4_000).toBeGreaterThan(0.35);
    expect(adjusted / 4_000).toBeLessThan(0.06);
    expect(adjusted / 4_000).toBeGreaterThan(0.035);
  });
});

describe('intervals for the best of several models', () => {
  it('hold the best of six equal models, where its own interval does not', () => {
    const random = createRandom('best of six');
    const suites = 200;
    let [single, together] = [0, 0];
    for (let suite = 0; suite < suites; suite++) {
      const columns = Array.from({ length: 6 }, () => Array.from({ length: 80 }, () => random.normal()));
      const estimates = simultaneousMeans(columns, { seed: suite, resamples: 300 });
      if (isMissing(estimates)) throw new Error(estimates.missing);
      const best = estimates.reduce((a, b) => (b.value > a.value ? b : a));
      if (best.value - 1.99 * best.standardError! <= 0) single++;
      if (estimates.every(({ low, high }) => low <= 0 && high >= 0)) together++;
    }
    expect(single / suites).toBeLessThan(0.9);
    expect(together / suites).toBeGreaterThan(0.92);
  });

  it('of one model are the ordinary interval, and repeat with the seed', () => {
    const random = createRandom('one model');
    const column = Array.from({ length: 300 }, () => random.normal());
    const first = simultaneousMeans([column], { seed: 7 });
    expect(simultaneousMeans([column], { seed: 7 })).toEqual(first);
    if (isMissing(first)) throw new Error(first.missing);
    const { low, high, standardError } = first[0]!;
    expect((high - low) / 2 / standardError!).toBeGreaterThan(1.85);
    expect((high - low) / 2 / standardError!).toBeLessThan(2.1);
  });

  it('know that copies of one model are one model', () => {
    const random = createRandom('copies');
    const column = Array.from({ length: 200 }, () => random.normal());
    const critical = (columns: number[][]) => {
      const estimates = simultaneousMeans(columns, { seed: 3 });
      if (isMissing(estimates)) throw new Error(estimates.missing);
      return (estimates[0]!.high - estimates[0]!.value) / estimates[0]!.standardError!;
    };
    expect(critical([column, column, column])).toBeCloseTo(critical([column]), 9);
    const others = Array.from({ length: 2 }, () => Array.from({ length: 200 }, () => random.normal()));
    expect(critical([column, ...others])).toBeGreaterThan(critical([column]) + 0.2);
  });

  it('keep a column without spread honest, and are missing for one item', () => {
    const ones = Array.from({ length: 30 }, () => 1);
    const mixed = ones.map((_, i) => i % 2);
    const estimates = simultaneousMeans([ones, mixed], { seed: 1, bounds: { low: 0, high: 1 } });
    if (isMissing(estimates)) throw new Error(estimates.missing);
    expect(estimates[0]!.low).toBeLessThan(0.9);
    expect(simultaneousMeans([[1], [0]], { seed: 1 })).toHaveProperty('missing');
  });
});
