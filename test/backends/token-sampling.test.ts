import { describe, expect, it } from 'vitest';
import { createSampler, likeliest, nucleus } from '../../src/backends/token-sampling.js';

const probabilities = [0.5, 0.25, 0.125, 0.125];
const logits = Float32Array.from(probabilities, (p) => 3 + Math.log(p));

function frequencies(settings: { temperature: number; topP: number; seed: number }, draws: number): number[] {
  const sample = createSampler(settings);
  const counts = probabilities.map(() => 0);
  for (let i = 0; i < draws; i++) counts[sample(logits).token]! += 1 / draws;
  return counts;
}

describe('sampling', () => {
  it('takes the first of the likeliest tokens at temperature 0', () => {
    const sample = createSampler({ temperature: 0, topP: 0.1, seed: 3 });
    expect(sample(Float32Array.of(1, 5, 5, 2)).token).toBe(1);
    expect(likeliest(Float32Array.of(Number.NEGATIVE_INFINITY, 0))).toEqual({ token: 1, logprob: 0 });
  });

  it("gives the model's own log-probability, whatever the temperature", () => {
    for (const temperature of [0, 0.3, 2]) {
      const { token, logprob } = createSampler({ temperature, topP: 1, seed: 5 })(logits);
      expect(logprob).toBeCloseTo(Math.log(probabilities[token]!), 5);
    }
  });

  it('draws from the model itself at temperature 1', () => {
    const found = frequencies({ temperature: 1, topP: 1, seed: 1 }, 20_000);
    for (const [token, p] of probabilities.entries()) expect(found[token]).toBeCloseTo(p, 1.5);
  });

  it('sharpens with a low temperature as the softmax of the divided logits', () => {
    const total = probabilities.reduce((sum, p) => sum + p ** 2, 0);
    const found = frequencies({ temperature: 0.5, topP: 1, seed: 2 }, 20_000);
    for (const [token, p] of probabilities.entries()) expect(found[token]).toBeCloseTo(p ** 2 / total, 1.5);
  });

  it('draws from the smallest set that holds topP of the mass', () => {
    const found = frequencies({ temperature: 1, topP: 0.6, seed: 3 }, 20_000);
    expect(found[2]! + found[3]!).toBe(0);
    expect(found[0]).toBeCloseTo(2 / 3, 1.5);
  });

  it('finds the nucleus that sorting all tokens would find', () => {
    const weights = Float64Array.from({ length: 5000 }, (_, i) => Math.exp(-((i * 7919) % 5000) / 300));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const sorted = [...weights.keys()].sort((a, b) => weights[b]! - weights[a]! || a - b);
    for (const topP of [0.05, 0.5, 0.95, 0.999]) {
      let mass = 0;
      const last = sorted.findIndex((token) => {
        mass += weights[token]!;
        return mass >= topP * total;
      });
      expect(nucleus(weights, topP)).toEqual(sorted.slice(0, last + 1));
    }
  });
});
