import { describe, expect, it } from 'vitest';
import { isMissing, type Missing } from '../../../src/core/quantity.js';
import { normalCdf, tQuantile } from '../../../src/core/stats/basics/distributions.js';
import type { Interval } from '../../../src/core/stats/basics/interval.js';
import { createRandom } from '../../../src/core/stats/basics/random.js';
import { estimatePairedDifference } from '../../../src/core/stats/compare/paired.js';
import {
  pairedProportionDifference,
  pairedProportionStandardError,
  tangoInterval,
  tangoStatistic,
  tangoTest,
} from '../../../src/core/stats/compare/paired-proportions.js';
import { type PairedTable, pairedTable } from '../../../src/core/stats/compare/paired-table.js';
import type { Estimate } from '../../../src/core/stats/estimate/estimate.js';

const approval: PairedTable = { both: 794, onlyFirst: 150, onlySecond: 86, neither: 570 };
const close: PairedTable = { both: 700, onlyFirst: 60, onlySecond: 50, neither: 190 };
/** Mixtral-8x7B (first) against GPT-4-1106 on GSM8K, decontaminated (RouteLLM). */
const routed: PairedTable = { both: 739, onlyFirst: 94, onlySecond: 382, neither: 92 };

function present(estimate: Estimate | Missing): Estimate {
  if (isMissing(estimate)) throw new Error(`missing: ${estimate.missing}`);
  return estimate;
}

function expectInterval(interval: Interval, low: number, high: number, digits = 5): void {
  expect(interval.low).toBeCloseTo(low, digits);
  expect(interval.high).toBeCloseTo(high, digits);
}

/** The lists of 0 and 1 that a table counts. */
function lists(table: PairedTable): { first: number[]; second: number[] } {
  const cells = [
    [table.both, 1, 1],
    [table.onlyFirst, 1, 0],
    [table.onlySecond, 0, 1],
    [table.neither, 0, 0],
  ] as const;
  return {
    first: cells.flatMap(([count, first]) => Array<number>(count).fill(first)),
    second: cells.flatMap(([count, , second]) => Array<number>(count).fill(second)),
  };
}

describe('the table of two models', () => {
  it('counts the four outcomes, and refuses lists and counts that do not fit', () => {
    const { first, second } = lists(close);
    expect(pairedTable(first, second)).toEqual(close);
    expect(() => pairedTable([1, 0], [1])).toThrow('Expected `second` to have 2 entries');
    expect(() => tangoInterval({ both: 0, onlyFirst: 0, onlySecond: 0, neither: 0 })).toThrow('at least one item');
    expect(() => tangoInterval({ ...close, both: 0.5 })).toThrow('Expected `both` to be a whole number');
  });
});

describe('intervals for a difference of paired proportions', () => {
  it('have the difference and the standard error of the worked examples', () => {
    expect(pairedProportionDifference(approval)).toBeCloseTo(0.04, 12);
    expect(pairedProportionStandardError(approval)).toBeCloseTo(0.0095492, 7);
    expect(pairedProportionStandardError(close)).toBeCloseTo(0.0104833, 7);
    expect(pairedProportionDifference(routed)).toBeCloseTo(-0.220352, 6);
    expect(pairedProportionStandardError(routed)).toBeCloseTo(0.0155402, 7);
  });

  it('by Tango agree with the worked examples', () => {
    expectInterval(tangoInterval(approval), 0.02136, 0.059);
    expectInterval(tangoInterval(close), -0.01071, 0.03093);
    expectInterval(tangoInterval(close, 0.9), -0.00733, 0.02749);
    expect(tangoStatistic(close, -0.05)).toBeCloseTo(5.3054, 4);
    expect(tangoTest(close, -0.05).greaterP).toBeCloseTo(5.62e-8, 10);
  });

  it('have width without disagreement', () => {
    const agreed: PairedTable = { both: 40, onlyFirst: 0, onlySecond: 0, neither: 10 };
    const reach = 1.959963985 ** 2 / (50 + 1.959963985 ** 2);
    expectInterval(tangoInterval(agreed), -reach, reach, 9);
  });

  it('stay within -1 and 1 when one model is always right and the other never', () => {
    const opposite: PairedTable = { both: 0, onlyFirst: 12, onlySecond: 0, neither: 0 };
    const interval = tangoInterval(opposite);
    expect(interval.high).toBe(1);
    expect(interval.low).toBeGreaterThan(0.4);
    expect(interval.low).toBeLessThan(1);
    expect(tangoInterval({ both: 0, onlyFirst: 1, onlySecond: 0, neither: 0 }).low).toBeLessThan(0);
  });

  it('mirror when the models change places', () => {
    const mirrored = { ...close, onlyFirst: close.onlySecond, onlySecond: close.onlyFirst };
    const [left, right] = [tangoInterval(close), tangoInterval(mirrored)];
    expectInterval(left, -right.high, -right.low, 9);
  });

  it('cover the true difference 95% of the time by Tango', () => {
    const random = createRandom('coverage of paired intervals');
    for (const [n, p10, p01] of [
      [40, 0.1, 0.05],
      [150, 0.2, 0.15],
    ] as const) {
      let covered = 0;
      const suites = 2_000;
      for (let suite = 0; suite < suites; suite++) {
        const table = { both: 0, onlyFirst: 0, onlySecond: 0, neither: 0 };
        for (let i = 0; i < n; i++) {
          const u = random.uniform();
          if (u < p10) table.onlyFirst++;
          else if (u < p10 + p01) table.onlySecond++;
          else if (u < 0.8) table.both++;
          else table.neither++;
        }
        const truth = p10 - p01;
        const { low, high } = tangoInterval(table);
        if (low <= truth && truth <= high) covered++;
      }
      expect(Math.abs(covered / suites - 0.95)).toBeLessThan(0.015);
    }
  });
});

describe('the estimate of a paired difference', () => {
  it("is Tango's for independent right and wrong answers", () => {
    expect(present(estimatePairedDifference([1], [0]))).toMatchObject({ value: 1, n: 1, method: 'tango' });
    const { first, second } = lists(close);
    const estimate = present(estimatePairedDifference(first, second));
    expectInterval(estimate, -0.01071, 0.03093);
    expect(estimate).toMatchObject({ value: 0.01, n: 1_000, method: 'tango' });
  });

  it('on RouteLLM is narrower than the unpaired one by what the models share', () => {
    const { first, second } = lists(routed);
    const paired = present(estimatePairedDifference(first, second)).standardError!;
    const [p, q, n] = [0.637337, 0.857689, 1_307];
    expect(paired).toBeCloseTo(0.0155402, 7);
    expect(Math.sqrt((p * (1 - p) + q * (1 - q)) / n)).toBeCloseTo(0.0164388, 6);
  });

  it('is a t interval for fractional scores, and takes clusters into account for either', () => {
    const candidate = [0.5, 1, 0, 1, 0.25, 1];
    const reference = [1, 1, 0, 0.5, 0.5, 1];
    expect(present(estimatePairedDifference(candidate, reference)).method).toBe('student-t');
    const clusters = ['a', 'a', 'b', 'b', 'c', 'c'];
    expect(present(estimatePairedDifference([1, 0, 1, 1, 0, 1], [1, 1, 1, 0, 0, 0], { clusters }))).toMatchObject({
      method: 'clustered-tango',
      clusters: 3,
    });
    expect(present(estimatePairedDifference(candidate, reference, { clusters })).method).toBe('clustered-t');
    const alone = { clusters: [1, 2, 3, 4, 5, 6] };
    expect(present(estimatePairedDifference([1, 0, 1, 1, 0, 1], [1, 1, 1, 0, 0, 0], alone)).method).toBe('tango');
  });

  it('of copied items is what the items say themselves, but for the t of so many clusters', () => {
    const { first, second } = lists({ both: 60, onlyFirst: 12, onlySecond: 18, neither: 10 });
    const thrice = (scores: readonly number[]) => scores.flatMap((score) => [score, score, score]);
    const estimate = present(
      estimatePairedDifference(thrice(first), thrice(second), { clusters: thrice(first.map((_, i) => i)) }),
    );
    // The confidence at which z is the t of 99 degrees of freedom.
    const asWide = 2 * normalCdf(-tQuantile(0.025, 99)) - 1;
    const { low, high } = tangoInterval({ both: 60, onlyFirst: 12, onlySecond: 18, neither: 10 }, asWide);
    // C/(C - 1) of the clustered variance is left.
    expect(estimate.low).toBeCloseTo(low, 2);
    expect(estimate.high).toBeCloseTo(high, 2);
    expect(estimate.n).toBe(300);
  });

  it('of one disagreement in many clusters is not far narrower than of none', () => {
    const clusters = Array.from({ length: 105 }, (_, i) => i % 21);
    const reference = clusters.map(() => 1);
    const none = present(estimatePairedDifference(reference, reference, { clusters, confidence: 0.9 }));
    expect(none.low).toBeCloseTo(-(1 - 0.05 ** (1 / 21)), 12);
    const one = present(estimatePairedDifference([0, ...reference.slice(1)], reference, { clusters, confidence: 0.9 }));
    // mean - t se is -.026: one of 105 items would show non-inferiority at three points.
    expect(one.standardError).toBeCloseTo(1 / 105, 3);
    expect(one.low).toBeLessThan(-0.06);
    expect(one.high).toBeGreaterThan(0.03);
  });

  it('is missing without items and refuses what is no score', () => {
    expect(estimatePairedDifference([], [])).toEqual({ missing: 'no values' });
    expect(() => estimatePairedDifference([2, 0.5], [1, 1])).toThrow(
      'Expected `candidate[0]` to be a score in [0, 1], got 2',
    );
    expect(() => estimatePairedDifference([1], [1, 0])).toThrow(RangeError);
  });
});
