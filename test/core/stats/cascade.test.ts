import { describe, expect, it } from 'vitest';
import { isMissing, type Missing } from '../../../src/core/quantity.js';
import { mean } from '../../../src/core/stats/basics/moments.js';
import { createRandom } from '../../../src/core/stats/basics/random.js';
import {
  averageGapRecovered,
  breakEvenRate,
  callPerformanceThreshold,
  cascadeAreas,
  cascadeCost,
  cascadeMeanLatency,
  incrementalBenefit,
  performanceGapRecovered,
  routerCost,
} from '../../../src/core/stats/cascade/areas.js';
import {
  areaUnderCurve,
  bestSoFar,
  type CascadeItems,
  deferralCurve,
  defers,
  oracleCurve,
  randomCurve,
  scoreAtRate,
} from '../../../src/core/stats/cascade/curve.js';
import { bestWithinRate, cheapestWithin, crossValidateCascade } from '../../../src/core/stats/cascade/threshold.js';
import { testNonInferiority } from '../../../src/core/stats/compare/noninferiority.js';

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

  it('have the benefit per cost of the worked example', () => {
    const curve = deferralCurve(ten);
    const prices = { small: 1, large: 20 };
    expectAll(
      curve.map((point) => cascadeCost(prices, point.rate)),
      [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21],
    );
    const at = (k: number) => {
      const point = curve[k]!;
      const cascade = { score: point.score, cost: cascadeCost(prices, point.rate) };
      return present(incrementalBenefit(cascade, { small: { score: 0.6, cost: 1 }, large: { score: 0.8, cost: 20 } }));
    };
    expect(at(2).benefit).toBeCloseTo(0.025, 9);
    expect(at(2).lift).toBeCloseTo(1.375, 9);
    expect(at(3).lift).toBeCloseTo(0.58333, 5);
    expect(at(5).lift).toBeCloseTo(-0.05, 9);
  });

  it('price a cascade, a router, the break-even and the time', () => {
    const prices = { small: 1, large: 20, verifier: 1 };
    expect(cascadeCost(prices, 0.5)).toBe(12);
    expect(routerCost({ small: 1, large: 20 }, 0.5)).toBe(10.5);
    expect(breakEvenRate(prices)).toBeCloseTo(0.9, 12);
    expect(cascadeCost(prices, breakEvenRate(prices))).toBeCloseTo(20, 12);
    expect(breakEvenRate({ small: 3, large: 2 })).toBeCloseTo(-0.5, 12);
    expect(cascadeMeanLatency({ small: 0.4, large: 2 }, 0.25)).toBeCloseTo(0.9, 12);
  });

  it('are missing where the large model is no better', () => {
    const equal = { confidence: [1, 2], small: [1, 1], large: [1, 1] };
    expect(isMissing(averageGapRecovered(deferralCurve(equal), { small: 1, large: 1 }))).toBe(true);
    expect(isMissing(callPerformanceThreshold(deferralCurve(equal), { small: 1, large: 1 }, 0.5))).toBe(true);
    expect(isMissing(cascadeAreas(equal).efficiency)).toBe(true);
    expect(isMissing(performanceGapRecovered(0.5, { small: 0.7, large: 0.6 }))).toBe(true);
    expect(
      isMissing(
        incrementalBenefit({ score: 1, cost: 1 }, { small: { score: 1, cost: 1 }, large: { score: 1, cost: 2 } }),
      ),
    ).toBe(true);
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
    // With hindsight and leave to defer less: forced to defer everything in the end it recovers a little less.
    expect(present(averageGapRecovered(bestSoFar(oracle), pair)).byArea).toBeCloseTo(1.1325, 3);
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

describe('a threshold chosen out of fold', () => {
  it('is applied to every item once, by a rule that never saw it', () => {
    const items = simulate(300, 'folds');
    const result = present(crossValidateCascade(items, { choose: bestWithinRate(0.4), seed: 1 }));
    expect(result.foldRules).toHaveLength(5);
    expect(result.scores).toEqual(items.small.map((score, i) => (result.deferred[i] === 1 ? items.large[i] : score)));
    expect(mean(result.deferred)).toBeGreaterThan(0.2);
    expect(mean(result.deferred)).toBeLessThan(0.5);
  });

  it('keeps the items of a cluster on one side', () => {
    const items = simulate(40, 'clusters');
    const clusters = items.confidence.map((_, i) => i % 8);
    const seen: number[] = [];
    const choose = (curve: readonly { deferred: number }[]) => {
      seen.push(curve.at(-1)!.deferred);
      return { always: 'small' } as const;
    };
    crossValidateCascade(items, { choose, seed: 3, folds: 4, clusters });
    // Four folds of two clusters of five items each, and all items at the end.
    expect(seen).toEqual([30, 30, 30, 30, 40]);
  });

  it('is without the optimism of choosing and judging on the same items', () => {
    let [chosenAndJudged, outOfFold] = [0, 0];
    for (let pool = 0; pool < 150; pool++) {
      const items = {
        ...simulate(40, `pool ${pool}`),
        confidence: Array.from({ length: 40 }, (_, i) => (i * 17) % 40),
      };
      const best = bestWithinRate(0.5);
      const rule = best(deferralCurve(items));
      chosenAndJudged += mean(items.confidence.map((p, i) => (defers(rule, p) ? items.large[i]! : items.small[i]!)));
      outOfFold += mean(present(crossValidateCascade(items, { choose: best, seed: pool })).scores);
    }
    // The signal is worthless here: whatever lies above the out-of-fold score is optimism.
    expect((chosenAndJudged - outOfFold) / 150).toBeGreaterThan(0.015);
  });

  it('by the cheapest non-inferior rule saves calls and passes out of fold', () => {
    const items = simulate(3_000, 'cheapest');
    const result = present(crossValidateCascade(items, { choose: cheapestWithin(0.03), seed: 2 }));
    const rate = mean(result.deferred);
    expect(rate).toBeGreaterThan(0.2);
    expect(rate).toBeLessThan(0.9);
    const verdict = present(testNonInferiority(result.scores, items.large, { margin: 0.03 }));
    expect(verdict.difference.value).toBeGreaterThan(-0.03);
    expect(verdict.decision).toBe('non-inferior');
  });

  it('defers everything when nothing less will do, and nothing when the small model is as good', () => {
    const hopeless = { confidence: [1, 2, 3, 4], small: [0, 0, 0, 0], large: [1, 1, 1, 1] };
    expect(cheapestWithin(0.03)(deferralCurve(hopeless))).toEqual({ always: 'large' });
    const equal = { ...hopeless, small: [1, 1, 1, 1] };
    expect(cheapestWithin(0.03)(deferralCurve(equal))).toEqual({ always: 'small' });
    expect(bestWithinRate(0)(deferralCurve(hopeless))).toEqual({ always: 'small' });
    // 0.8 is reached at four of ten, and again at seven: the fewer calls win.
    expect(bestWithinRate(1)(deferralCurve(ten))).toEqual({ deferBelow: expect.closeTo(0.575, 12) });
  });

  it('repeats with its seed, uses no more folds than groups, and is missing for one group', () => {
    const items = simulate(50, 'seeds');
    const run = (seed: number) => crossValidateCascade(items, { choose: bestWithinRate(0.5), seed });
    expect(run(9)).toEqual(run(9));
    const two = present(
      crossValidateCascade(items, { choose: bestWithinRate(0.5), seed: 1, clusters: items.small.map((_, i) => i % 2) }),
    );
    expect(two.foldRules).toHaveLength(2);
    expect(
      isMissing(
        crossValidateCascade(items, { choose: bestWithinRate(0.5), seed: 1, clusters: items.small.map(() => 0) }),
      ),
    ).toBe(true);
  });
});
