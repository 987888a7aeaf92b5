import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/core/stats/basics/random.js';
import { midRanks } from '../../../src/core/stats/basics/ranks.js';
import { mannWhitneyTest } from '../../../src/core/stats/compare/mann-whitney.js';

const upTo = (n: number, value: (i: number) => number) => Array.from({ length: n }, (_, i) => value(i));

describe('the Mann-Whitney test', () => {
  it("gives go-moremath's U and p, ties included", () => {
    expect(mannWhitneyTest([2, 1, 3, 5], [12, 11, 13, 15])).toMatchObject({ u: 0, exact: true });
    expect(mannWhitneyTest([2, 1, 3, 5], [12, 11, 13, 15]).p).toBeCloseTo(0.0285714, 7);
    expect(mannWhitneyTest([2, 1, 3, 5], [0, 4, 6, 7])).toMatchObject({ u: 5, superiority: 5 / 16 });
    expect(mannWhitneyTest([2, 1, 3, 5], [0, 4, 6, 7]).p).toBeCloseTo(0.4857143, 7);
    expect(mannWhitneyTest([1, -1, -1, -1], [-1, 1, 1, 1]).p).toBeCloseTo(0.4857143, 7);
  });

  it('is normal for large groups, corrected for ties and continuity', () => {
    const test = mannWhitneyTest(
      upTo(500, (i) => 2 * i),
      upTo(600, (i) => 2 * i - 41),
    );
    expect(test).toMatchObject({ u: 135_250, exact: false });
    expect(test.p).toBeCloseTo(0.0049335361, 8);
  });

  it('has a least p for each group size: four values reach 5%, five reach 1%', () => {
    const least = [0.3333, 0.1, 0.028571, 0.0079365, 0.0021645, 0.00058275, 0.0001554, 4.1135e-5];
    least.forEach((p, i) => {
      const n = i + 2;
      expect(
        mannWhitneyTest(
          upTo(n, (k) => k),
          upTo(n, (k) => 100 + k),
        ).p / p,
      ).toBeCloseTo(1, 3);
    });
  });

  it("agrees with benchstat's published tables", () => {
    const gob = mannWhitneyTest(
      [3069, 3075, 3069, 3067, 3207, 3064, 3064, 3058, 3059, 3062],
      [3075, 3065, 3059, 3065, 3060, 3081, 3186, 3135, 3087, 3062],
    );
    expect(gob.p).toBeCloseTo(0.446, 3);
    const faster = mannWhitneyTest(
      [1726, 1723, 1707, 1707, 1713, 1729, 1736, 1707, 1705, 1774],
      [1423, 1416, 1411, 1413, 1412, 1426, 1422, 1424, 1447, 1425],
    );
    expect(faster.p).toBeLessThan(0.0005);
  });

  it('is the same either way round, and without evidence where all values are equal', () => {
    const [a, b] = [
      [1, 4, 4, 6, 9],
      [2, 4, 5, 5, 12, 13],
    ];
    expect(mannWhitneyTest(a, b).p).toBeCloseTo(mannWhitneyTest(b, a).p, 12);
    expect(mannWhitneyTest(a, b).superiority + mannWhitneyTest(b, a).superiority).toBeCloseTo(1, 12);
    expect(mannWhitneyTest([3, 3, 3], [3, 3]).p).toBe(1);
    expect(
      mannWhitneyTest(
        upTo(60, () => 3),
        upTo(60, () => 3),
      ).p,
    ).toBe(1);
    expect(mannWhitneyTest([1], [2]).p).toBe(1);
    expect(() => mannWhitneyTest([], [1])).toThrow('Expected `first.length` to be a whole number from 1 up, got 0');
  });

  it('goes over from counting to the normal curve without a jump', () => {
    const random = createRandom('crossing 50');
    const [a, b] = [upTo(50, () => random.below(30)), upTo(50, () => random.below(30) + 3)];
    const exact = mannWhitneyTest(a, b);
    const approximate = mannWhitneyTest([...a, 15], b);
    expect([exact.exact, approximate.exact]).toEqual([true, false]);
    expect(Math.abs(exact.p - approximate.p)).toBeLessThan(0.03);
  });

  it('calls equal groups different at most 5% of the time', () => {
    const random = createRandom('mann-whitney level');
    let wrong = 0;
    for (let i = 0; i < 2_000; i++) {
      const draw = () => upTo(9, () => random.below(12));
      if (mannWhitneyTest(draw(), draw()).p < 0.05) wrong++;
    }
    expect(wrong / 2_000).toBeLessThanOrEqual(0.05);
    expect(wrong / 2_000).toBeGreaterThan(0.02);
  });
});

describe('ranks', () => {
  it('are shared among ties', () => {
    expect(midRanks([10, 20, 10, 5])).toEqual([2.5, 4, 2.5, 1]);
  });
});
