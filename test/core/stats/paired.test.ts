import { describe, expect, it } from 'vitest';
import { isMissing } from '../../../src/core/quantity.js';
import type { Interval } from '../../../src/core/stats/basics/interval.js';
import { createRandom } from '../../../src/core/stats/basics/random.js';
import { testNonInferiority } from '../../../src/core/stats/compare/noninferiority.js';
import { pairedDifferences } from '../../../src/core/stats/compare/paired.js';
import { scoreTest } from '../../../src/core/stats/compare/score-test.js';

/** Items that both models got right, only the first, only the second, and neither. */
type Table = readonly [number, number, number, number];

const approval: Table = [794, 150, 86, 570];
const close: Table = [700, 60, 50, 190];
/** Mixtral-8x7B (first) against GPT-4-1106 on GSM8K, decontaminated (RouteLLM). */
const routed: Table = [739, 94, 382, 92];

function lists([both, onlyFirst, onlySecond, neither]: Table): { first: number[]; second: number[] } {
  const cells = [
    [both, 1, 1],
    [onlyFirst, 1, 0],
    [onlySecond, 0, 1],
    [neither, 0, 0],
  ] as const;
  return {
    first: cells.flatMap(([count, first]) => Array<number>(count).fill(first)),
    second: cells.flatMap(([count, , second]) => Array<number>(count).fill(second)),
  };
}

function intervalOf(table: Table, confidence = 0.95): Interval {
  const { first, second } = lists(table);
  const test = scoreTest(pairedDifferences(first, second));
  const tail = (1 - confidence) / 2;
  return { low: test.low(tail), high: test.high(tail) };
}

function expectInterval(interval: Interval, low: number, high: number, digits = 5): void {
  expect(interval.low).toBeCloseTo(low, digits);
  expect(interval.high).toBeCloseTo(high, digits);
}

describe('intervals for a difference of paired proportions', () => {
  it('agree with the worked examples of Tango’s', () => {
    // Published. The exact distribution moves them in the fifth digit.
    expectInterval(intervalOf(approval), 0.02136, 0.059, 3);
    expectInterval(intervalOf(close), -0.01071, 0.03093, 3);
    expectInterval(intervalOf(close, 0.9), -0.00733, 0.02749, 3);
    const { first, second } = lists(close);
    expect(scoreTest(pairedDifferences(first, second)).greaterP(-0.05)).toBeCloseTo(5.62e-8, 10);
  });

  it('have width without disagreement', () => {
    // Fifty equal pairs are seen 2.5% of the time where this share is lost.
    const reach = 1 - 0.025 ** (1 / 50);
    expectInterval(intervalOf([40, 0, 0, 10]), -reach, reach, 7);
  });

  it('stay within -1 and 1 when one model is always right and the other never', () => {
    const interval = intervalOf([0, 12, 0, 0]);
    expect(interval.high).toBe(1);
    expect(interval.low).toBeGreaterThan(0.4);
    expect(interval.low).toBeLessThan(1);
    expect(intervalOf([0, 1, 0, 0]).low).toBeLessThan(0);
  });

  it('cover the true difference 95% of the time, and more where few samples differ', () => {
    const random = createRandom('coverage of paired intervals');
    for (const [n, p10, p01] of [
      [40, 0.1, 0.05],
      [150, 0.2, 0.15],
    ] as const) {
      let covered = 0;
      const suites = 1_500;
      for (let suite = 0; suite < suites; suite++) {
        const differences = Array.from({ length: n }, () => {
          const u = random.uniform();
          return u < p10 ? 1 : u < p10 + p01 ? -1 : 0;
        });
        const test = scoreTest(differences);
        const truth = p10 - p01;
        if (test.greaterP(truth) > 0.025 && test.lessP(truth) > 0.025) covered++;
      }
      expect(covered / suites).toBeGreaterThan(0.95 - 0.017);
      expect(covered / suites).toBeLessThan(0.95 + 0.03);
    }
  });
});

describe('paired differences', () => {
  it('on RouteLLM have a smaller standard error than unpaired ones by what the models share', () => {
    const { first, second } = lists(routed);
    const result = testNonInferiority(first, second, { margin: 0.03 });
    if (isMissing(result)) throw new Error(result.missing);
    expect(result.difference.value).toBeCloseTo(-0.220352, 6);
    expect(result.difference.standardError).toBeCloseTo(0.0155402, 7);
    const [p, q, n] = [0.637337, 0.857689, 1_307];
    expect(Math.sqrt((p * (1 - p) + q * (1 - q)) / n)).toBeCloseTo(0.0164388, 6);
  });

  it('refuse what is no score', () => {
    expect(() => pairedDifferences([2, 0.5], [1, 1])).toThrow('Expected `candidate[0]` to be a score in [0, 1], got 2');
    expect(() => pairedDifferences([1], [1, 0])).toThrow(RangeError);
  });
});
