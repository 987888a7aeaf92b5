import { describe, expect, test } from 'vitest';
import { summarise } from '../../src/backends/llama-cpp/logits.js';

function exact(logits: Float32Array): number {
  const highest = Math.max(...logits);
  return highest + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - highest), 0));
}

/** Numbers between 0 and 1, the same on every run. */
function* draws() {
  for (let state = 1; ; state = (state * 48271) % 0x7fffffff) yield state / 0x7fffffff;
}

describe('the summary of logits', () => {
  test('is the logarithm of the sum of exponentials to the fifth digit, however far apart the logits lie', () => {
    const random = draws();
    for (const spread of [0.01, 1, 10, 60, 1000]) {
      const logits = Float32Array.from({ length: 50_000 }, () => (random.next().value! - 0.5) * spread);
      const { likeliest, total } = summarise(logits);
      expect(Math.abs(total - exact(logits))).toBeLessThan(1e-5);
      expect(logits[likeliest]).toBe(Math.max(...logits));
    }
  });

  test('of equal logits is that of their number', () => {
    expect(summarise(new Float32Array(1000)).total).toBeCloseTo(Math.log(1000), 6);
    expect(summarise(Float32Array.of(-3.5)).total).toBeCloseTo(-3.5, 6);
  });

  test('gives no token a probability above 1', () => {
    const certain = Float32Array.of(0, 40, -10);
    expect(certain[1]! - summarise(certain).total).toBeLessThanOrEqual(0);
  });

  test('takes the first of several highest logits', () => {
    expect(summarise(Float32Array.of(1, 5, 5, 2)).likeliest).toBe(1);
  });

  test('refuses logits that are not numbers, and leaves out those a sampler has forbidden', () => {
    expect(() => summarise(new Float32Array(8).fill(Number.NaN))).toThrow('not numbers');
    expect(summarise(Float32Array.of(Number.NEGATIVE_INFINITY, 0)).total).toBeCloseTo(0, 6);
  });
});
