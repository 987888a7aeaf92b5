import { describe, expect, it } from 'vitest';
import { isMissing, type Missing } from '../../../src/core/quantity.js';
import { sorted } from '../../../src/core/stats/basics/moments.js';
import { createRandom, type Random } from '../../../src/core/stats/basics/random.js';
import type { Estimate } from '../../../src/core/stats/estimate/estimate.js';
import { estimateMean } from '../../../src/core/stats/estimate/estimators.js';
import { estimateQuantile, estimateQuantileOfSorted } from '../../../src/core/stats/estimate/order-statistics.js';
import { quantileInflation, serialInflation } from '../../../src/core/stats/estimate/serial.js';

/** Standard normal values, each remembering the share `memory` of the one before: an AR(1). */
function remembering(memory: number, n: number, random: Random): number[] {
  let value = random.normal();
  return Array.from({ length: n }, () => {
    value = memory * value + Math.sqrt(1 - memory ** 2) * random.normal();
    return value;
  });
}

function present(estimate: Estimate | Missing): Estimate {
  if (isMissing(estimate)) throw new Error(`missing: ${estimate.missing}`);
  return estimate;
}

const quantile = (q: number) => (values: readonly number[]) => {
  const ascending = sorted(values);
  return estimateQuantileOfSorted(ascending, q, { inflation: quantileInflation([values], { ascending, q }) });
};
const median = quantile(0.5);
const meanOf = (values: readonly number[]) => estimateMean(values, { inflation: serialInflation([values]) });
const width = ({ low, high }: Estimate) => high - low;

/** Of runs of 200 values: how often the interval holds 0, the truth, and how often those of two runs overlap. */
function trial(memory: number, estimate: (values: readonly number[]) => Estimate | Missing) {
  const random = createRandom(7, 'serial', String(memory));
  const found = Array.from({ length: 300 }, () => present(estimate(remembering(memory, 200, random))));
  const held = found.filter(({ low, high }) => low <= 0 && 0 <= high).length;
  const overlapping = found.slice(1).filter((one, i) => one.low <= found[i]!.high && found[i]!.low <= one.high).length;
  return { held: held / found.length, overlap: overlapping / (found.length - 1) };
}

describe('values whose neighbours are alike', () => {
  it('have a median whose interval holds the truth, where one for independent values does not', () => {
    const plain = (values: readonly number[]) => estimateQuantile(values, 0.5);
    expect(trial(0.8, plain).held).toBeLessThan(0.65);
    expect(trial(0.5, median).held).toBeGreaterThan(0.91);
    expect(trial(0.8, median).held).toBeGreaterThan(0.87);
    expect(trial(0.8, plain).overlap).toBeLessThan(0.8);
    expect(trial(0.8, median).overlap).toBeGreaterThan(0.95);
  });

  it('have a mean likewise', () => {
    expect(trial(0.8, (values) => estimateMean(values)).held).toBeLessThan(0.6);
    expect(trial(0.5, meanOf).held).toBeGreaterThan(0.91);
    expect(trial(0.8, meanOf).held).toBeGreaterThan(0.87);
  });

  it('count as the independent ones that say as much: (1 + r) / (1 - r) of them do', () => {
    const values = remembering(0.5, 1999, createRandom(1));
    expect(serialInflation([values])).toBeGreaterThan(2.4);
    expect(serialInflation([values])).toBeLessThan(3.6);
    const estimate = present(meanOf(values));
    expect(estimate.effective).toBeCloseTo(1999 / serialInflation([values]), 9);
    expect(estimate.warnings[0]).toMatch(
      /^the values are autocorrelated: 1999 values with an effective sample size of \d+;/,
    );
  });

  it('count likewise when they are so many that neighbours are added up first', () => {
    const inflation = serialInflation([remembering(0.9, 50_000, createRandom(2))]);
    expect(inflation).toBeGreaterThan(15);
    expect(inflation).toBeLessThan(23);
  });

  it('can be too few for an interval, which then says so', () => {
    const slow = Array.from({ length: 40 }, (_, i) => (i < 20 ? 1 : 2) + i / 1000);
    expect(median(slow)).toEqual({
      missing: expect.stringMatching(/^40 values with an effective sample size of \d are too few for a 95% interval/),
    });
  });

  it('then take as many values as the interval is there for, and one less is too few', () => {
    const ramp = (n: number) => Array.from({ length: n }, (_, i) => i);
    for (const [q, inflation] of [
      [0.95, 1.6],
      [0.5, 12],
      [0.99, 3],
    ] as const) {
      const estimate = (n: number) => estimateQuantileOfSorted(ramp(n), q, { inflation });
      const short = estimate(20);
      const needed = Number(/it takes (\d+) such values$/.exec(isMissing(short) ? short.missing : '')?.[1]);
      expect(isMissing(estimate(needed))).toBe(false);
      expect(isMissing(estimate(needed - 1))).toBe(true);
    }
  });
});

describe('independent values', () => {
  it('keep their interval within a few percent, and hold the truth', () => {
    const random = createRandom(3);
    let [wide, plain] = [0, 0];
    for (let n = 0; n < 300; n++) {
      const values = remembering(0, 200, random);
      wide += width(present(median(values)));
      plain += width(present(estimateQuantile(values, 0.5)));
    }
    expect(wide / plain).toBeLessThan(1.03);
    expect(trial(0, median).held).toBeGreaterThan(0.92);
  });

  it('keep a tail that few values make up', () => {
    const random = createRandom(5);
    const tails = Array.from({ length: 200 }, () => quantile(0.95)(remembering(0, 120, random)));
    expect(tails.filter(isMissing).length).toBeLessThan(10);
    expect(isMissing(quantile(0.95)(remembering(0.9, 120, random)))).toBe(true);
  });

  it('are left alone: when all are equal, when there are few, and when tasks differ among themselves', () => {
    expect(serialInflation([])).toBe(1);
    expect(serialInflation([Array(100).fill(3)])).toBe(1);
    expect(serialInflation([[1, 1, 1, 2, 2, 2]])).toBe(1);
    const random = createRandom(4);
    const tasks = [0, 10, 20].map((level) => remembering(0, 100, random).map((value) => value + level));
    expect(serialInflation(tasks)).toBe(1);
    expect(serialInflation([tasks.flat()])).toBeGreaterThan(20);
  });
});
