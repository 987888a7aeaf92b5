import { describe, expect, it } from 'vitest';
import { correctCoordinatedOmission } from '../../../src/core/load/coordinated-omission.js';
import { isMissing, type Missing } from '../../../src/core/quantity.js';
import { mean, sorted } from '../../../src/core/stats/basics/moments.js';
import { createRandom } from '../../../src/core/stats/basics/random.js';
import type { Estimate } from '../../../src/core/stats/estimate/estimate.js';
import { estimateRatio, judgeRatio, noiseFloor } from '../../../src/core/stats/estimate/ratio.js';
import { testTrend } from '../../../src/core/stats/estimate/trend.js';
import {
  nestedInterval,
  optimalRepetitions,
  varianceComponents,
} from '../../../src/core/stats/estimate/variance-components.js';

function present<T extends object>(result: T | Missing): T {
  if (isMissing(result)) throw new Error(`missing: ${result.missing}`);
  return result;
}

describe('the ratio of paired timings', () => {
  const [baseline, candidate] = [
    [100, 102, 98, 101, 99],
    [104, 107, 101, 106, 103],
  ];

  it('is the geometric mean of the worked example', () => {
    const ratio: Estimate = present(estimateRatio(baseline, candidate));
    expect(ratio.value).toBeCloseTo(1.0418849, 7);
    expect(ratio.low).toBeCloseTo(1.0322634, 7);
    expect(ratio.high).toBeCloseTo(1.0515961, 7);
  });

  it('turns over exactly when the two change places', () => {
    const [there, back] = [present(estimateRatio(baseline, candidate)), present(estimateRatio(candidate, baseline))];
    expect(there.value * back.value).toBeCloseTo(1, 12);
    expect(there.low * back.high).toBeCloseTo(1, 12);
  });

  it('finds a factor of 1.03 exactly under a drift of 2% a step', () => {
    const drifting = Array.from({ length: 10 }, (_, i) => 100 * (1 + 0.02 * i));
    const slower = drifting.map((value) => 1.03 * value);
    const ratio = present(estimateRatio(drifting, slower));
    expect(ratio.value).toBeCloseTo(1.03, 12);
    expect(ratio.low).toBeCloseTo(1.03, 9);
  });

  it('is missing for one pair and refuses a time of 0', () => {
    expect(isMissing(estimateRatio([1], [2]))).toBe(true);
    expect(() => estimateRatio([0, 1], [1, 1])).toThrow('Expected `baseline[0]` to be a finite number above 0, got 0');
  });

  it('is a change only beyond the noise floor', () => {
    expect(judgeRatio({ low: 1.01, high: 1.05 })).toBe('larger');
    expect(judgeRatio({ low: 1.01, high: 1.05 }, 1.02)).toBe('unchanged');
    expect(judgeRatio({ low: 0.9, high: 0.97 }, 1.02)).toBe('smaller');
    expect(() => judgeRatio({ low: 1, high: 1 }, 0.02)).toThrow('a factor of at least 1, got 0.02');
  });
});

describe('the noise floor', () => {
  it('holds 95% of the ratios of a machine with itself', () => {
    const random = createRandom('A/A');
    const selfRatio = () => Math.exp(0.02 * random.normal());
    const floor = present(noiseFloor(Array.from({ length: 400 }, selfRatio)));
    expect(floor.value).toBeGreaterThan(Math.exp(1.96 * 0.02));
    expect(floor.value).toBeLessThan(Math.exp(1.96 * 0.02 * 1.3));
  });

  it('counts half as fast like twice as slow, and is missing below 59 runs', () => {
    const ratios = Array.from({ length: 59 }, (_, i) => (i % 2 === 0 ? 1.1 : 1 / 1.1));
    expect(present(noiseFloor(ratios)).value).toBeCloseTo(1.1, 12);
    expect(noiseFloor(ratios.slice(1))).toEqual({ missing: expect.stringContaining('59') });
  });
});

/** HdrHistogram's rule: the smallest value that at least a share p of the values does not exceed. */
function nearestRank(values: readonly number[], p: number): number {
  return sorted(values)[Math.ceil(p * values.length - 1e-9) - 1]!;
}

describe('coordinated omission', () => {
  it('agrees with HdrHistogram: 10,000 answers of 1 ms and one of 100 s, due every 10 ms', () => {
    const raw = [...Array<number>(10_000).fill(1_000), 100_000_000];
    const corrected = correctCoordinatedOmission(raw, 10_000);
    expect(raw.length).toBe(10_001);
    expect(corrected.length).toBe(20_000);
    expect(mean(raw)).toBeCloseTo(10_998.9, 1);
    // HdrHistogram's own test allows a thousandth: it takes the mean of 10 ms, 20 ms, ..., 100 s as 50 s.
    expect(Math.abs(mean(corrected) / 25_000_500 - 1)).toBeLessThan(0.001);
    const seconds = (p: number) => nearestRank(corrected, p) / 1e6;
    expect(seconds(0.3)).toBe(0.001);
    expect(seconds(0.5)).toBe(0.001);
    expect(seconds(0.75)).toBeCloseTo(50, 1);
    expect(seconds(0.9)).toBeCloseTo(80, 1);
    expect(seconds(0.99)).toBeCloseTo(98, 1);
    expect(seconds(0.99999)).toBeCloseTo(100, 1);
    expect(nearestRank(raw, 0.9999)).toBe(1_000);
    expect(corrected.filter((value) => value <= 5_000).length / corrected.length).toBe(0.5);
  });

  it('records each quarter once when the interval is a quarter of the latency', () => {
    expect(correctCoordinatedOmission([100], 25)).toEqual([100, 75, 50, 25]);
    expect(correctCoordinatedOmission([0.4], 0.1)).toHaveLength(4);
    expect(correctCoordinatedOmission([5], 10)).toEqual([5]);
    expect(correctCoordinatedOmission([], 10)).toEqual([]);
    expect(() => correctCoordinatedOmission([1], 0)).toThrow('`expectedInterval`');
  });
});

describe('the trend test', () => {
  it('finds a drift and its slope', () => {
    const random = createRandom('drift');
    const trend = present(testTrend(Array.from({ length: 60 }, (_, i) => 100 + 0.5 * i + random.normal())));
    expect(trend.p).toBeLessThan(1e-6);
    expect(trend.slope).toBeCloseTo(0.5, 1);
  });

  it('finds the same slope in a long series, by blocks', () => {
    const random = createRandom('long drift');
    const trend = present(testTrend(Array.from({ length: 5_003 }, (_, i) => 100 + 0.01 * i + random.normal())));
    expect(trend.slope).toBeCloseTo(0.01, 3);
    expect(trend.p).toBeLessThan(1e-6);
  });

  it('counts rising and falling pairs, ties as neither', () => {
    // 22 pairs rise, 4 fall, 2 are ties: score 18, variance (8 * 7 * 21 - 2 * 2 * 1 * 9) / 18, z = 17 / sqrt(63.33).
    const trend = present(testTrend([1, 3, 2, 2, 5, 4, 4, 6]));
    expect(trend.tau).toBeCloseTo(18 / 28, 12);
    expect(trend.p).toBeCloseTo(0.03267, 4);
  });

  it('has no evidence in a constant series and is missing for fewer than 8 values', () => {
    expect(testTrend(Array<number>(20).fill(7))).toEqual({ tau: 0, slope: 0, p: 1 });
    // As many pairs rise as fall.
    expect(testTrend([1, 2, 3, 4, 4, 3, 2, 1])).toEqual({ tau: 0, slope: 0, p: 1 });
    expect(testTrend([1, 2, 3])).toEqual({ missing: expect.stringContaining('8') });
  });

  it('calls noise a trend at most 5% of the time', () => {
    const random = createRandom('no drift');
    let wrong = 0;
    for (let i = 0; i < 2_000; i++) {
      if (present(testTrend(Array.from({ length: 20 }, () => random.normal()))).p < 0.05) wrong++;
    }
    expect(wrong / 2_000).toBeLessThan(0.06);
    expect(wrong / 2_000).toBeGreaterThan(0.03);
  });
});

describe('variance components (Kalibera and Jones)', () => {
  it('agree with libkalibera on three levels', () => {
    const components = varianceComponents([
      [
        [9, 5],
        [8, 3],
      ],
      [
        [10, 6],
        [7, 11],
      ],
      [
        [1, 12],
        [2, 4],
      ],
    ]);
    expect(components.mean).toBeCloseTo(6.5, 12);
    [16.5, 2.6, 3.6].forEach((s, i) => {
      expect(components.observed[i]).toBeCloseTo(s, 1);
    });
    [16.5, -5.7, 2.3].forEach((t, i) => {
      expect(components.unbiased[i]).toBeCloseTo(t, 1);
    });
  });

  it('agree with libkalibera on two levels', () => {
    const components = varianceComponents([
      [9, 5, 8, 3],
      [10, 6, 7, 11],
      [1, 12, 2, 4],
    ]);
    [12.7, 3.6].forEach((s, i) => {
      expect(components.observed[i]).toBeCloseTo(s, 1);
    });
    [12.7, 0.4].forEach((t, i) => {
      expect(components.unbiased[i]).toBeCloseTo(t, 1);
    });
  });

  it('choose the repetitions of the worked example: 5 calls and 2 processes', () => {
    const components = varianceComponents([
      [
        [3, 4, 3],
        [1.2, 3.1, 3],
      ],
      [
        [0.2, 1, 1.5],
        [1, 2, 3],
      ],
    ]);
    expect(components.unbiased[0]).toBeCloseTo(0.7266667, 7);
    expect(components.unbiased[1]).toBeCloseTo(0.2627778, 7);
    expect(components.unbiased[2]).toBeCloseTo(0.7747, 4);
    const [calls, processes] = optimalRepetitions(components, [3, 20, 100]);
    expect(calls).toBeCloseTo(4.2937, 4);
    expect(processes).toBeCloseTo(1.3023, 4);
  });

  it('take the interval over the outermost level alone', () => {
    const components = varianceComponents([
      [1, 1, 1],
      [3, 3, 3],
    ]);
    const { low, high } = nestedInterval(components);
    expect((high - low) / 2).toBeCloseTo(12.7062 * Math.sqrt(2 / 2), 3);
    expect((high + low) / 2).toBeCloseTo(2, 12);
  });

  it('refuse uneven lists and single entries', () => {
    expect(() =>
      varianceComponents([
        [1, 2],
        [1, 2, 3],
      ]),
    ).toThrow('one shape, got 2, 3');
    expect(() => varianceComponents([[1, 2], 3] as never)).toThrow(RangeError);
    expect(() => varianceComponents([5])).toThrow('at least 2 entries');
    expect(() => optimalRepetitions(varianceComponents([1, 2]), [])).toThrow('`costs`');
  });
});
