/** The long run of a queue with bursts, held against closed forms of GI/M/1. */
import { describe, expect, test } from 'vitest';
import { lateShareInBursts } from '../../../src/core/load/bursts.js';

/** One slot that loses 100 per second; whoever finds ten under way is late. */
const LATE_FROM = 10;
const departures = [0, ...Array.from({ length: 30 }, () => 100)];
const late = departures.map((_, n) => (n >= LATE_FROM ? 1 : 0));

/** An arrival finds n or more with probability sigma^n, where sigma = A(mu (1 - sigma)) for the transform A of the gaps (Kleinrock 1975, 6.4). */
function sigmaOf(transform: (s: number) => number): number {
  let sigma = 0.5;
  for (let i = 0; i < 10_000; i++) sigma = transform(100 * (1 - sigma));
  return sigma;
}

describe('the share of late requests', () => {
  test.each([20, 50, 90, 99])('of M/M/1 at %d per second is the load to the power of ten', (rate) => {
    expect(lateShareInBursts({ departures, late, variation: 1 }, rate)).toBeCloseTo((rate / 100) ** LATE_FROM, 4);
  });

  test.each([
    [50, 4],
    [80, 4],
    [95, 2],
    [80, 9],
  ])(
    'at %d per second with a squared variation of %d is that of two exponential gaps with the moments of the gamma',
    (rate, variation) => {
      // The moments of a gamma distribution with the mean 1, and the transform of the mixture that has them.
      const [m2, m3] = [1 + variation, (1 + variation) * (1 + 2 * variation)];
      const [u2, u3] = [m2 / 2, m3 / 6];
      const s = (u3 - u2) / (u2 - 1);
      const root = Math.sqrt(s ** 2 - 4 * (s - u2));
      const [t1, t2] = [(s + root) / 2, (s - root) / 2];
      const p = (1 - t2) / (t1 - t2);
      const sigma = sigmaOf((x) => p / (1 + (x * t1) / rate) + (1 - p) / (1 + (x * t2) / rate));
      expect(lateShareInBursts({ departures, late, variation }, rate)).toBeCloseTo(sigma ** LATE_FROM, 6);
      // The gamma distribution itself is near.
      const gamma = sigmaOf((x) => (1 + (x * variation) / rate) ** (-1 / variation));
      expect(Math.abs(gamma / sigma - 1)).toBeLessThan(0.02);
    },
  );

  test('is all where the queue grows without end, or was not seen to move', () => {
    expect(lateShareInBursts({ departures, late, variation: 4 }, 100)).toBe(1);
    expect(lateShareInBursts({ departures: [0, 0, 100], late: [0, 0, 0], variation: 4 }, 10)).toBe(1);
    expect(lateShareInBursts({ departures: [0], late: [0], variation: 4 }, 10)).toBe(1);
  });
});
