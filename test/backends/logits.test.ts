import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import createWabt from 'wabt';
import { logProbability, summarise } from '../../src/backends/logits.js';
import { WASM } from '../../src/backends/logits.wasm.js';

function exact(logits: Float32Array): number {
  const highest = Math.max(...logits);
  return highest + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - highest), 0));
}

/** Numbers between 0 and 1, the same on every run. */
function* draws() {
  for (let state = 1; ; state = (state * 48271) % 0x7fffffff) yield state / 0x7fffffff;
}

describe('the summary of logits', () => {
  test('is the logarithm of the sum of exponentials to the sixth digit, however far apart the logits lie', () => {
    const random = draws();
    for (const spread of [0.01, 1, 10, 60, 1000]) {
      for (const length of [1, 2, 3, 4, 5, 4099, 50_000]) {
        const logits = Float32Array.from({ length }, () => (random.next().value! - 0.5) * spread);
        const { likeliest, highest, total } = summarise(logits);
        expect(Math.abs(total - exact(logits))).toBeLessThan(1e-6);
        expect(highest).toBe(Math.max(...logits));
        expect(likeliest).toBe(logits.indexOf(highest));
      }
    }
  });

  test('is of these logits alone, whatever longer row was summarised before', () => {
    summarise(new Float32Array(300_000).fill(50));
    expect(summarise(Float32Array.of(1, 2, 3)).total).toBeCloseTo(exact(Float32Array.of(1, 2, 3)), 6);
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
    expect(() => summarise(Float32Array.of(1, 2, 3, 4, Number.NaN))).toThrow('not numbers');
    expect(() => summarise(Float32Array.of(1, Number.POSITIVE_INFINITY))).toThrow('not numbers');
    expect(() => summarise(new Float32Array(4).fill(Number.NEGATIVE_INFINITY))).toThrow('not numbers');
    expect(summarise(Float32Array.of(Number.NEGATIVE_INFINITY, 0)).total).toBeCloseTo(0, 6);
    const forbidden = new Float32Array(10_000).fill(Number.NEGATIVE_INFINITY);
    forbidden[9_000] = 3;
    expect(summarise(forbidden)).toMatchObject({ likeliest: 9_000, highest: 3, total: 3 });
    forbidden[10] = Number.NaN;
    expect(() => summarise(forbidden)).toThrow('not numbers');
  });
});

describe('a log-probability', () => {
  const probabilities = [0.5, 0.25, 0.125, 0.125];
  const logits = Float32Array.from(probabilities, (p) => 3 + Math.log(p));

  test.each([...probabilities.entries()])('is that of the softmax, however large the logits are', (token, p) => {
    expect(logProbability(logits, token)).toBeCloseTo(Math.log(p), 5);
    const large = logits.map((logit) => logit + 5000);
    expect(logProbability(large, token)).toBeCloseTo(Math.log(p), 2);
  });

  test('is never above 0 and is minus infinity for an impossible token', () => {
    expect(logProbability(Float32Array.of(90, 0), 0)).toBe(0);
    expect(logProbability(Float32Array.of(0, Number.NEGATIVE_INFINITY), 1)).toBe(Number.NEGATIVE_INFINITY);
  });
});

test('the module is what its text says', async () => {
  const { parseWat } = await createWabt();
  const text = readFileSync(new URL('../../src/backends/logits.wat', import.meta.url), 'utf8');
  const { buffer } = parseWat('logits.wat', text).toBinary({});
  expect(Buffer.from(WASM, 'base64').equals(buffer)).toBe(true);
});
