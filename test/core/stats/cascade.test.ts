import { describe, expect, it } from 'vitest';
import { isMissing, type Missing } from '../../../src/core/quantity.js';
import { mean } from '../../../src/core/stats/basics/moments.js';
import { createRandom } from '../../../src/core/stats/basics/random.js';
import {
  averageGapRecovered,
  callPerformanceThreshold,
  cascadeAreas,
  performanceGapRecovered,
} from '../../../src/core/stats/cascade/areas.js';
import {
  areaUnderCurve,
  type CascadeItems,
  deferralCurve,
  defers,
  oracleCurve,
  randomCurve,
  scoreAtRate,
} from '../../../src/core/stats/cascade/curve.js';

function present<T extends object>(result: T | Missing): T {
  if (isMissing(result)) throw new Error(`missing: ${result.missing}`);
  return result;
}

function expectAll(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 9);
  });
}

const ten: CascadeItems = {
  confidence: [0.95, 0.9, 0.85, 0.8, 0.75, 0.6, 0.55, 0.45, 0.35, 0.15],
  small: [1, 1, 1, 0, 1, 1, 0, 1, 0, 0],
  large: [1, 1, 1, 1, 1, 0, 1, 1, 1, 0],
};
const models = { small: 0.6, large: 0.8 };

/** Items on which the small model is right more often the surer it is, and the large one always at 90%. */
function simulate(n: number, seed: string): CascadeItems {
  const random = createRandom(seed);
  const confidence = Array.from({ length: n }, () => random.uniform());
  return {
    confidence,
    small: confidence.map((p) => (random.uniform() < 0.3 + 0.69 * p ? 1 : 0)),
    large: confidence.map(() => (random.uniform() < 0.9 ? 1 : 0)),
  };
}

describe('the deferral curve', () => {
  it('agrees with the worked example, step by step', () => {
    const curve = deferralCurve(ten);
    expectAll(
      curve.map((point) => point.score),
      [0.6, 0.6, 0.7, 0.7, 0.8, 0.7, 0.7, 0.8, 0.8, 0.8, 0.8],
    );
    expectAll(
      curve.map((point) => point.rate),
      [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1],
    );
    expectAll(
      curve.map((point) => present(performanceGapRecovered(point.score, models)).value),
      [0, 0, 0.5, 0.5, 1, 0.5, 0.5, 1, 1, 1, 1],
    );
    expectAll(
      oracleCurve(ten).map((point) => point.score),
      [0.6, 0.7, 0.8, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.8],
    );
  });

  it('is what its rules do: each point is reached by applying its rule to the items', () => {
    const items = {
      ...simulate(60, 'rules'),
      confidence: simulate(60, 'rules').confidence.map((p) => Math.round(p * 9)),
    };
    for (const point of deferralCurve(items)) {
      const played = items.confidence.map((p, i) => (defers(point.rule, p) ? items.large[i]! : items.small[i]!));
      expect(mean(played)).toBeCloseTo(point.score, 12);
      const differences = played.map((score, i) => score - items.large[i]!);
      expect(mean(differences)).toBeCloseTo(point.difference, 12);
      const spread = mean(differences.map((d) => d ** 2)) - mean(differences) ** 2;
      expect(point.differenceError).toBeCloseTo(Math.sqrt(Math.max(0, spread) / 60), 9);
    }
  });

  it('moves items of equal confidence together', () => {
    const tied = { confidence: [1, 1, 1, 2], small: [0, 1, 0, 1], large: [1, 1, 1, 1] };
    expect(deferralCurve(tied).map((point) => point.deferred)).toEqual([0, 3, 4]);
    const blind = { confidence: [3, 3], small: [0, 1], large: [1, 1] };
    expect(deferralCurve(blind).map((point) => point.rule)).toEqual([{ always: 'small' }, { always: 'large' }]);
    expect(present(cascadeAreas(blind).efficiency).value).toBeCloseTo(0, 12);
  });

  it('separates neighbouring numbers between which there is no number', () => {
    const next = 1 + Number.EPSILON;
    const [, middle] = deferralCurve({ confidence: [1, next], small: [0, 1], large: [1, 1] });
    expect([defers(middle!.rule, 1), defers(middle!.rule, next)]).toEqual([true, false]);
  });

  it('ends exactly at the two models, and refuses lists that do not fit', () => {
    const curve = deferralCurve(simulate(97, 'ends'));
    const { small, large } = simulate(97, 'ends');
    expect(curve[0]!.score).toBeCloseTo(mean(small), 12);
    expect(curve.at(-1)).toMatchObject({ rate: 1, score: mean(large), difference: 0, differenceError: 0 });
    expect(() => deferralCurve({ confidence: [], small: [], large: [] })).toThrow(RangeError);
    expect(() => deferralCurve({ confidence: [1], small: [1], large: [1, 0] })).toThrow('Expected `large`');
    expect(() => deferralCurve({ confidence: [1], small: [2], large: [1] })).toThrow('`small[0]`');
  });
});

describe('summaries of a cascade', () => {
  it('have the areas of the worked example', () => {
    const areas = cascadeAreas(ten);
    expectAll([areas.cascade, areas.random, areas.oracle], [0.73, 0.7, 0.85]);
    expect(present(areas.efficiency).value).toBeCloseTo(0.2, 9);
  });

  it('have the average gap recovered by both conventions', () => {
    const curve = deferralCurve(ten);
    const { byArea, byTenths } = present(averageGapRecovered(curve, models));
    expect(byArea).toBeCloseTo(0.65, 9);
    expect(byTenths).toBeCloseTo(0.7, 9);
    const eleven = mean(Array.from({ length: 11 }, (_, i) => scoreAtRate(curve, i / 10)));
    expect(present(performanceGapRecovered(eleven, models)).value).toBeCloseTo(0.636364, 6);
    expect(present(averageGapRecovered(oracleCurve(ten), models)).byArea).toBeCloseTo(1.25, 9);
    const blind = present(averageGapRecovered(randomCurve(ten), models));
    expectAll([blind.byArea, blind.byTenths], [0.5, 0.55]);
  });

  it('cross half of the gap at exactly a fifth, which a bare comparison in doubles misses', () => {
    const curve = deferralCurve(ten);
    expect(callPerformanceThreshold(curve, models, 0.5)).toEqual({ value: 0.2 });
    expect(callPerformanceThreshold(curve, models, 0.8)).toEqual({ value: 0.4 });
    expect(callPerformanceThreshold(curve, models, 0)).toEqual({ value: 0 });
    expect((0.7 - 0.6) / (0.8 - 0.6)).toBeLessThan(0.5);
  });

  it('are missing where the large model is no better', () => {
    const equal = { confidence: [1, 2], small: [1, 1], large: [1, 1] };
    expect(isMissing(averageGapRecovered(deferralCurve(equal), { small: 1, large: 1 }))).toBe(true);
    expect(isMissing(callPerformanceThreshold(deferralCurve(equal), { small: 1, large: 1 }, 0.5))).toBe(true);
    expect(isMissing(cascadeAreas(equal).efficiency)).toBe(true);
    expect(isMissing(performanceGapRecovered(0.5, { small: 0.7, large: 0.6 }))).toBe(true);
  });

  it('give the oracle of RouteLLM on GSM8K, which beats the large model', () => {
    const cells = [
      [739, 1, 1],
      [94, 1, 0],
      [382, 0, 1],
      [92, 0, 0],
    ] as const;
    const small = cells.flatMap(([n, score]) => Array<number>(n).fill(score));
    const large = cells.flatMap(([n, , score]) => Array<number>(n).fill(score));
    const oracle = oracleCurve({ small, large });
    expect(Math.max(...oracle.map((point) => point.score))).toBeCloseTo(0.92961, 6);
    const pair = { small: mean(small), large: mean(large) };
    expect(pair.small).toBeCloseTo(0.637337, 6);
    expect(pair.large).toBeCloseTo(0.857689, 6);
    expect(present(averageGapRecovered(oracle, pair)).byArea).toBeCloseTo(1.1208, 4);
  });

  it('lie between the random line and the oracle for an informative signal', () => {
    const { cascade, random, oracle, efficiency } = cascadeAreas(simulate(2_000, 'informative'));
    expect(cascade).toBeGreaterThan(random + 0.02);
    expect(cascade).toBeLessThan(oracle);
    expect(present(efficiency).value).toBeGreaterThan(0.2);
    expect(areaUnderCurve(randomCurve(ten))).toBeCloseTo(0.7, 12);
  });
});
