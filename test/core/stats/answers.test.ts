import { describe, expect, it } from 'vitest';
import { isMissing, type Missing } from '../../../src/core/quantity.js';
import { createRandom } from '../../../src/core/stats/basics/random.js';
import { estimateAuroc } from '../../../src/core/stats/cascade/ranking.js';
import { cohenKappa } from '../../../src/core/stats/estimate/agreement.js';
import { passAtK } from '../../../src/core/stats/estimate/pass-at-k.js';

function present<T extends object>(result: T | Missing): T {
  if (isMissing(result)) throw new Error(`missing: ${result.missing}`);
  return result;
}

const confidence = [0.95, 0.9, 0.85, 0.8, 0.75, 0.6, 0.55, 0.45, 0.35, 0.15];
const right = [1, 1, 1, 0, 1, 1, 0, 1, 0, 0];

describe('pass@k', () => {
  it('agrees with the worked examples', () => {
    expect(passAtK(10, 3, 1)).toBeCloseTo(0.3, 12);
    expect(passAtK(10, 3, 5)).toBeCloseTo(0.9166667, 7);
    expect(passAtK(5, 0, 3)).toBe(0);
    expect(passAtK(200, 13, 1)).toBeCloseTo(0.065, 12);
    expect(passAtK(200, 13, 10)).toBeCloseTo(0.4975511, 7);
    expect(passAtK(200, 13, 100)).toBeCloseTo(0.9999195, 7);
  });

  it('is not the biased form, and is certain when fewer are wrong than are drawn', () => {
    expect(1 - (1 - 3 / 10) ** 5).toBeCloseTo(0.83193, 5);
    expect(passAtK(10, 3, 8)).toBe(1);
    expect(passAtK(1, 1, 1)).toBe(1);
  });

  it('refuses more draws or more right answers than there are', () => {
    expect(() => passAtK(5, 2, 6)).toThrow('Expected `k` to be at most the n = 5 answers there are, got 6');
    expect(() => passAtK(5, 6, 1)).toThrow('Expected `correct` to be at most n = 5, got 6');
    expect(() => passAtK(0, 0, 1)).toThrow(RangeError);
  });

  it('is the share of draws without replacement that hold a right answer', () => {
    const random = createRandom('pass at k');
    let hits = 0;
    for (let i = 0; i < 20_000; i++) {
      const drawn = new Set<number>();
      while (drawn.size < 4) drawn.add(random.below(12));
      if ([...drawn].some((answer) => answer < 2)) hits++;
    }
    expect(hits / 20_000).toBeCloseTo(passAtK(12, 2, 4), 2);
  });
});

describe('ranking', () => {
  it('agrees with the worked example', () => {
    const estimate = present(estimateAuroc(confidence, right));
    expect(estimate.value).toBeCloseTo(0.8333333, 7);
    expect(estimate.standardError).toBeCloseTo(0.1443376, 7);
  });

  it('counts ties half', () => {
    const tied = present(estimateAuroc([0.9, 0.8, 0.8, 0.5, 0.5, 0.2], [1, 1, 0, 1, 0, 0]));
    expect(tied.value).toBeCloseTo(0.7777778, 7);
    expect(present(estimateAuroc([1, 1, 1, 1], [1, 0, 1, 0])).value).toBe(0.5);
    // scikit-learn's roc_auc_score.
    expect(present(estimateAuroc([0.5, 0.5, 0.5, 0.2, 0.9], [1, 0, 1, 0, 1])).value).toBeCloseTo(5 / 6, 12);
  });

  it('is the same on any scale and turns over with the sign', () => {
    const logarithms = confidence.map(Math.log);
    expect(present(estimateAuroc(logarithms, right))).toEqual(present(estimateAuroc(confidence, right)));
    const turned = estimateAuroc(
      confidence.map((p) => -p),
      right,
    );
    expect(present(turned).value).toBeCloseTo(1 - 5 / 6, 12);
  });

  it('keeps an interval where the ranking is perfect', () => {
    const perfect = present(estimateAuroc([5, 4, 3, 2, 1, 0], [1, 1, 1, 0, 0, 0]));
    expect(perfect).toMatchObject({ value: 1, high: 1, standardError: 0 });
    expect(perfect.low).toBeCloseTo(0.025 ** (1 / 3), 9);
    expect(perfect.warnings).toHaveLength(1);
  });

  it('is missing where there is nothing to rank', () => {
    expect(isMissing(estimateAuroc([1, 2, 3], [1, 0, 0]))).toBe(true);
    expect(() => estimateAuroc([1], [0.5])).toThrow('to be 0 or 1');
  });

  it('covers the true area 95% of the time', () => {
    const random = createRandom('auroc');
    // Two normals one standard deviation apart: the area is Phi(1 / sqrt 2).
    const truth = 0.7602499;
    let covered = 0;
    for (let suite = 0; suite < 1_000; suite++) {
      const labels = Array.from({ length: 80 }, (_, i) => i % 2);
      const scores = labels.map((label) => random.normal() + label);
      const { low, high } = present(estimateAuroc(scores, labels));
      if (low <= truth && truth <= high) covered++;
    }
    expect(Math.abs(covered / 1_000 - 0.95)).toBeLessThan(0.02);
  });
});

describe("Cohen's kappa", () => {
  it('is what two judges agree beyond chance', () => {
    // 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no of 50: one says yes to 25, the other to 30.
    const expected = (25 / 50) * (30 / 50) + (25 / 50) * (20 / 50);
    expect(present(cohenKappa({ observed: 35 / 50, expected })).value).toBeCloseTo(0.4, 12);
    expect(present(cohenKappa({ observed: 1, expected: 1 / 3 })).value).toBe(1);
  });

  it('is missing where chance agrees as well', () => {
    expect(isMissing(cohenKappa({ observed: 1, expected: 1 }))).toBe(true);
    // Shares of thirds that sum to 1 but for rounding.
    expect(isMissing(cohenKappa({ observed: 1, expected: 1 - 2 ** -52 }))).toBe(true);
  });
});
