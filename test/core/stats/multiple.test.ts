import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/core/stats/basics/random.js';
import { holm, hommel, hommelShares } from '../../../src/core/stats/compare/multiple.js';

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
    expectAll(hommel(p), [0.03, 0.04, 0.04, 0.02]);
  });

  it('agree with statsmodels on seven', () => {
    expectAll(hommel([0.01, 0.02, 0.022, 0.09, 0.5, 0.3, 0.07]), [0.06, 0.1, 0.11, 0.27, 0.5, 0.5, 0.21]);
  });

  it('leave none and one alone, cap at 1, and treat ties alike', () => {
    for (const adjust of [holm, hommel]) {
      expect(adjust([])).toEqual([]);
      expect(adjust([0.04])).toEqual([0.04]);
      expect(adjust([0.9, 0.8, 0.95]).every((p) => p <= 1)).toBe(true);
      expect(new Set(adjust([0.02, 0.02, 0.02])).size).toBe(1);
    }
    expect(() => holm([0.1, 1.1])).toThrow('Expected `pValues[1]` to lie in [0, 1], got 1.1');
    expect(() => hommel([Number.NaN])).toThrow(RangeError);
  });

  it('are ordered: Hommel below Holm, none below the raw p', () => {
    const random = createRandom('adjusted p');
    for (let i = 0; i < 200; i++) {
      const p = Array.from({ length: 1 + random.below(8) }, () => random.uniform() ** 2);
      const [high, low] = [holm(p), hommel(p)];
      p.forEach((raw, k) => {
        expect(low[k]).toBeGreaterThanOrEqual(raw);
        expect(high[k]! + 1e-12).toBeGreaterThanOrEqual(low[k]!);
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

  it('have as level the largest p with which the procedure would still reject', () => {
    const random = createRandom('levels');
    const alpha = 0.05;
    for (let i = 0; i < 300; i++) {
      const m = 1 + random.below(9);
      const p = Array.from({ length: m }, () => random.uniform() ** (1 + random.below(6)));
      // The procedure holds a p-value against k alpha / size alone.
      const all = [
        ...new Set(
          Array.from({ length: m }, (_, size) =>
            Array.from({ length: size + 1 }, (_, k) => (k + 1) / (size + 1)),
          ).flat(),
        ),
      ];
      hommelShares(p, alpha).forEach((share, k) => {
        const isRejected = (own: number) => hommel(p.with(k, own * alpha * (1 - 1e-12)))[k]! <= alpha;
        expect(Math.max(...all.filter(isRejected))).toBe(share);
      });
    }
    expect(hommelShares([], alpha)).toEqual([]);
    expect(hommelShares([0.9], alpha)).toEqual([1]);
    expect(hommelShares([0.9, 0.8, 0.7, 0.6], alpha)).toEqual([1 / 4, 1 / 4, 1 / 4, 1 / 4]);
  });
});
