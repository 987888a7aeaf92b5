import { describe, expect, it } from 'vitest';
import { isMissing, type Missing } from '../../../src/core/quantity.js';
import { type SampleSize, simulatePower, simulateSampleSize } from '../../../src/core/stats/compare/power.js';
import { tangoSampleSize } from '../../../src/core/stats/compare/sample-size.js';

function present(size: SampleSize | Missing): SampleSize {
  if (isMissing(size)) throw new Error(`missing: ${size.missing}`);
  return size;
}

describe('the power of the deciding test', () => {
  it("is that of Connor's worked examples for McNemar's test, at a margin of 0", () => {
    // 80% with 469 and 957 items (Connor 1987).
    expect(simulatePower(469, { discordance: 0.15, difference: 0.05, margin: 0, alpha: 0.025 }, 1)).toBeCloseTo(0.8, 1);
    expect(simulatePower(957, { discordance: 0.11, difference: 0.03, margin: 0, alpha: 0.025 }, 1)).toBeCloseTo(0.8, 1);
  });

  it('is that of the formula for many samples without groups', () => {
    const plan = { discordance: 0.2, margin: 0.06, difference: -0.01, alpha: 0.02 };
    for (const power of [0.5, 0.8, 0.95]) {
      const n = Math.ceil(tangoSampleSize(plan, power));
      expect(Math.abs(simulatePower(n, plan, 2) - power)).toBeLessThan(0.035);
    }
  });

  it('is the error rate, where the truth lies at the margin', () => {
    const shown = simulatePower(300, { discordance: 0.2, margin: 0.05, difference: -0.05 }, 3);
    expect(shown).toBeGreaterThan(0.02);
    expect(shown).toBeLessThan(0.065);
  });

  it('of copied samples is that of one sample for each group', () => {
    const plan = { discordance: 0.2, margin: 0.1 };
    const copied = simulatePower(1_000, { ...plan, clusterSize: 10, intraclassCorrelation: 1 }, 4);
    const single = simulatePower(100, plan, 4);
    // Samples that stand by themselves are judged by their exact tail, which is stricter by half a sample.
    expect(copied).toBeLessThan(single + 0.06);
    expect(copied).toBeGreaterThan(single - 0.15);
    expect(simulatePower(1_000, plan, 4)).toBeGreaterThan(0.99);
  });

  it('repeats with its seed', () => {
    const plan = { discordance: 0.2, margin: 0.1, clusterSize: 5, intraclassCorrelation: 0.3 };
    expect(simulatePower(100, plan, 5)).toBe(simulatePower(100, plan, 5));
  });
});

describe('the size that has a power', () => {
  it('is near the size by formula without groups', () => {
    const plan = { discordance: 0.11, margin: 0.05 };
    const { samples, power } = present(simulateSampleSize(plan, 0.8, 1));
    expect(power).toBeGreaterThanOrEqual(0.8);
    expect(Math.abs(samples / tangoSampleSize(plan) - 1)).toBeLessThan(0.06);
  });

  it('comes in whole groups, and one group in five fewer do not do', () => {
    const plan = { discordance: 0.2, margin: 0.15, clusterSize: 7, intraclassCorrelation: 0.3 };
    const { samples, power } = present(simulateSampleSize(plan, 0.8, 1));
    expect(samples % 7).toBe(0);
    expect(power).toBeGreaterThanOrEqual(0.8);
    expect(simulatePower(7 * Math.floor((samples / 7) * 0.8), plan, 1)).toBeLessThan(0.8);
    expect(samples).toBeGreaterThan(present(simulateSampleSize({ discordance: 0.2, margin: 0.15 }, 0.8, 1)).samples);
  });

  it('is missing where the truth lies too near the margin', () => {
    const near = { discordance: 0.3, margin: 0.05, difference: -0.045 };
    expect(simulateSampleSize(near, 0.8, 1)).toEqual({ missing: 'more than 10000 samples' });
  });
});
