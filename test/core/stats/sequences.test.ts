import { describe, expect, it } from 'vitest';
import type { Interval } from '../../../src/core/stats/basics/interval.js';
import { mean } from '../../../src/core/stats/basics/moments.js';
import { createRandom, shuffle } from '../../../src/core/stats/basics/random.js';
import { asymptoticInterval } from '../../../src/core/stats/sequential/asymptotic.js';
import {
  type BettingOptions,
  bettingCapital,
  differenceToUnit,
  intervalOfDifference,
  startBets,
  startBettingSequence,
} from '../../../src/core/stats/sequential/betting-sequence.js';
import { startSequentialNonInferiority } from '../../../src/core/stats/sequential/noninferiority.js';

/** The values of the reference runs: 75 ones in 100. */
const values = Array.from({ length: 25 }, () => [1, 0, 1, 1]).flat();

/** The intervals after the first value, the second, and so on. */
function bettingIntervals(observed: readonly number[], options: BettingOptions = {}): Interval[] {
  const sequence = startBettingSequence(options);
  return observed.map((value) => sequence.observe(value));
}

function expectAt(intervals: readonly Interval[], at: Record<number, readonly [number, number]>, digits: number): void {
  for (const [time, [low, high]] of Object.entries(at)) {
    const interval = intervals[Number(time) - 1]!;
    expect(interval.low).toBeCloseTo(low, digits);
    expect(interval.high).toBeCloseTo(high, digits);
  }
}

describe('looking again and again', () => {
  it('breaks an ordinary interval: ten looks are wrong 19% of the time', () => {
    const random = createRandom('peeking');
    const rejected = [1, 2, 5, 10].map(() => 0);
    const trials = 20_000;
    for (let i = 0; i < trials; i++) {
      [1, 2, 5, 10].forEach((looks, k) => {
        let total = 0;
        for (let look = 1; look <= looks; look++) {
          total += random.normal();
          if (Math.abs(total) > 1.96 * Math.sqrt(look)) {
            rejected[k]!++;
            return;
          }
        }
      });
    }
    [0.05, 0.083, 0.141, 0.193].forEach((expected, k) => {
      expect(Math.abs(rejected[k]! / trials - expected)).toBeLessThan(0.01);
    });
  });
});

describe('the betting sequence', () => {
  it('places the bets of the reference run', () => {
    const bets = startBets(0.05);
    const expected = [6.52498466, 4.63569647, 3.07590726, 2.55334116, 2.27851324, 2.10503395];
    expected.forEach((bet, i) => {
      expect(bets.next(values[i]!)).toBeCloseTo(bet, 7);
    });
  });

  it('wins what the reference run wins', () => {
    const half = bettingCapital(values, 0.5);
    [0.75, 0.375, 0.5625, 0.84375, 1.265625, 0.6328125, 0.9492188, 1.4238281, 2.1357422, 1.0678711].forEach((k, i) => {
      expect(half[i]).toBeCloseTo(k, 6);
    });
    expect(half[19]).toBeCloseTo(6.3919396, 6);
    expect(half[49]).toBeCloseTo(106.8621539, 5);
    expect(half[99]).toBeCloseTo(5_283.5803711, 4);
    const third = bettingCapital(values, 0.3);
    [
      1.0833333, 0.5416667, 1.1736111, 2.5428241, 5.5094522, 2.7547261, 5.9685732, 12.5176691, 25.5714511, 14.6071383,
    ].forEach((k, i) => {
      expect(third[i]).toBeCloseTo(k, 6);
    });
  });

  it('has the intervals of the reference run, with the running intersection and without', () => {
    expectAt(
      bettingIntervals(values),
      { 10: [0.317, 0.998], 20: [0.441, 0.953], 50: [0.555, 0.895], 100: [0.607, 0.867] },
      9,
    );
    const plain = bettingIntervals(values, { runningIntersection: false });
    expectAt(plain, { 10: [0.279, 0.998], 20: [0.441, 0.955], 50: [0.546, 0.895], 100: [0.607, 0.868] }, 9);
  });

  it('has the intervals of the reference run without replacement and for a fixed n', () => {
    const finite = bettingIntervals(values, { populationSize: 200 });
    expectAt(finite, { 10: [0.324, 0.985], 20: [0.454, 0.947], 50: [0.576, 0.882], 100: [0.639, 0.847] }, 9);
    expectAt(bettingIntervals(values, { tunedForN: 100 }), { 100: [0.614, 0.85] }, 9);
  });

  it('has the intervals of the reference run for values that never vary', () => {
    const ones = bettingIntervals(Array<number>(100).fill(1));
    expectAt(ones, { 5: [0.314, 1], 10: [0.528, 1], 20: [0.711, 1], 50: [0.867, 1], 100: [0.93, 1] }, 9);
    const halves = bettingIntervals(Array<number>(100).fill(0.5));
    expectAt(
      halves,
      { 5: [0.157, 0.843], 10: [0.264, 0.736], 20: [0.355, 0.645], 50: [0.433, 0.567], 100: [0.465, 0.535] },
      9,
    );
  });

  it('takes differences of two models, mapped into [0, 1] and back', () => {
    const period = [
      1,
      ...Array<number>(8).fill(0),
      -1,
      ...Array<number>(10).fill(0),
      1,
      1,
      ...Array<number>(8).fill(0),
    ];
    const differences = Array.from({ length: 20 }, () => period).flat();
    expect(mean(differences)).toBeCloseTo(0.0667, 4);
    const intervals = bettingIntervals(differences.map(differenceToUnit)).map(intervalOfDifference);
    expectAt(intervals, { 60: [-0.086, 0.212], 120: [-0.034, 0.168], 300: [0.004, 0.134], 600: [0.02, 0.116] }, 9);
  });

  it('holds at all looks at once, for skewed values and for zeros and ones', () => {
    const random = createRandom('betting');
    let missed = 0;
    const runs = 200;
    for (let run = 0; run < runs; run++) {
      const skewed = run % 2 === 0;
      const truth = skewed ? 1 / 3 : 0.9;
      const sequence = startBettingSequence({ gridSize: 200 });
      let out = false;
      for (let n = 0; n < 150; n++) {
        const { low, high } = sequence.observe(skewed ? random.uniform() ** 2 : random.uniform() < 0.9 ? 1 : 0);
        out ||= truth < low || truth > high;
      }
      if (out) missed++;
    }
    expect(missed / runs).toBeLessThanOrEqual(0.05);
  });

  it('without replacement holds the mean of the set at every look and ends on it', () => {
    const random = createRandom('whole set');
    const set = Array.from({ length: 80 }, () => random.below(2));
    const truth = mean(set);
    let missed = 0;
    for (let run = 0; run < 100; run++) {
      const intervals = bettingIntervals(shuffle(set, random), { populationSize: 80, gridSize: 200 });
      if (intervals.some(({ low, high }) => truth < low - 1e-9 || truth > high + 1e-9)) missed++;
      else {
        expect(intervals.at(-1)!.low).toBeCloseTo(truth, 9);
        expect(intervals.at(-1)!.high).toBeCloseTo(truth, 9);
      }
    }
    expect(missed).toBeLessThanOrEqual(5);
  });

  it('refuses values outside [0, 1] and more values than the set has', () => {
    expect(() => bettingIntervals([0.5, -0.1])).toThrow('Expected `value` to lie in [0, 1], got -0.1');
    expect(() => bettingIntervals([1, 1, 1], { populationSize: 2 })).toThrow('Expected at most the 2 values');
    expect(bettingIntervals([])).toEqual([]);
  });
});

describe('non-inferiority judged after every item', () => {
  /** Runs until decided or 250 items are asked: the share of each claim, and the mean items it took. */
  function race(p: { better: number; worse: number }, seed: string) {
    const random = createRandom(seed);
    const claims = { 'non-inferior': 0, inferior: 0, inconclusive: 0 };
    let items = 0;
    const runs = 120;
    for (let run = 0; run < runs; run++) {
      const test = startSequentialNonInferiority({ margin: 0.1 });
      for (let n = 1; n <= 250; n++) {
        const u = random.uniform();
        const both = random.below(2);
        const [candidate, reference] = u < p.better ? [1, 0] : u < p.better + p.worse ? [0, 1] : [both, both];
        const look = test.observe(candidate, reference);
        if (look.decision === 'inconclusive' && n < 250) continue;
        claims[look.decision]++;
        items += n;
        break;
      }
    }
    return { nonInferior: claims['non-inferior'] / runs, inferior: claims.inferior / runs, items: items / runs };
  }

  it('makes each claim at most 5% of the time when the truth is exactly at the margin', () => {
    const { nonInferior, inferior } = race({ better: 0.1, worse: 0.2 }, 'at the margin');
    expect(nonInferior).toBeLessThanOrEqual(0.05);
    expect(inferior).toBeLessThanOrEqual(0.05);
  });

  it('stops early where the models are far apart, and says which way', () => {
    const far = race({ better: 0.02, worse: 0.6 }, 'far apart');
    expect(far.inferior).toBe(1);
    expect(far.items).toBeLessThan(40);
    const better = race({ better: 0.3, worse: 0.05 }, 'better');
    expect(better.nonInferior).toBe(1);
    expect(better.items).toBeLessThan(150);
  });

  it('decides on the whole set when all of it was asked', () => {
    const test = startSequentialNonInferiority({ margin: 0.05, populationSize: 50 });
    const looks = Array.from({ length: 50 }, (_, i) => test.observe(i % 25 === 0 ? 0 : 1, 1));
    expect(looks.at(-1)).toMatchObject({ difference: { n: 50, confidence: 0.9 }, decision: 'non-inferior' });
    expect(looks.at(-1)!.difference.value).toBeCloseTo(-0.04, 12);
    expect(looks.at(-1)!.difference.low).toBeCloseTo(-0.04, 9);
    expect(() => test.observe(1, 1)).toThrow('at most the 50 values');
  });

  it('refuses scores outside [0, 1] and a margin in points', () => {
    expect(() => startSequentialNonInferiority({ margin: 3 })).toThrow('`margin`');
    expect(() => startSequentialNonInferiority({ margin: 0.03, alpha: 0.5 })).toThrow('`alpha`');
    expect(() => startSequentialNonInferiority({ margin: 0.03 }).observe(1, 2)).toThrow('Expected `reference`');
  });
});

describe('the asymptotic sequence', () => {
  it('has the half-width of the worked example', () => {
    const { low, high } = asymptoticInterval({ mean: 0.4, n: 1_000, standardDeviation: 0.5 }, { rhoSquared: 0.01 });
    expect((high - low) / 2).toBeCloseTo(0.048032, 7);
    expect((high + low) / 2).toBeCloseTo(0.4, 12);
  });
});
