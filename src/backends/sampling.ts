/**
 * From logits to a token. A logit is an unnormalised log-probability; softmax makes probabilities of them. Temperature
 * divides the logits before that: 0 takes the likeliest token (greedy), 1 the model's own distribution. Nucleus sampling
 * (top-p; Holtzman et al. 2020) then draws only from the smallest set of likeliest tokens that holds `topP` of the mass.
 */
import type { Generation } from '../core/definition/suite.js';
import { createRandom } from '../core/stats/random.js';

/** Chooses the index of the next token from one row of logits. */
export type Sampler = (logits: Float32Array) => number;

export function createSampler({ temperature, topP, seed }: Pick<Generation, 'temperature' | 'topP' | 'seed'>): Sampler {
  if (temperature === 0) return likeliest;
  const random = createRandom(seed, 'sampling');
  return (logits) => draw(logits, temperature, topP, random.uniform());
}

/** The first of the largest. */
export function likeliest(logits: Float32Array): number {
  let best = 0;
  let largest = logits[0]!;
  for (let i = 1; i < logits.length; i++) {
    const logit = logits[i]!;
    if (logit > largest) {
      largest = logit;
      best = i;
    }
  }
  return best;
}

/** Natural logarithm of a token's probability at temperature 1, whatever temperature it was drawn at. */
export function logProbability(logits: Float32Array, token: number): number {
  const largest = logits[likeliest(logits)]!;
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp(logits[i]! - largest);
  return Math.min(0, logits[token]! - largest - Math.log(sum));
}

function draw(logits: Float32Array, temperature: number, topP: number, chance: number): number {
  const largest = logits[likeliest(logits)]!;
  const weights = Float64Array.from(logits, (logit) => Math.exp((logit - largest) / temperature));
  const candidates = topP < 1 ? nucleus(weights, topP) : Array.from(weights.keys());
  const mass = candidates.reduce((sum, token) => sum + weights[token]!, 0);
  let left = chance * mass;
  for (const token of candidates) {
    left -= weights[token]!;
    if (left < 0) return token;
  }
  return candidates.at(-1)!;
}

/** Tokens of the smallest set that holds `topP` of the mass, likeliest first. */
export function nucleus(weights: Float64Array, topP: number): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  // Tokens below this share hold less than 1 - topP together: the set is complete without them, and sorting is cheap.
  const negligible = ((1 - topP) * total) / weights.length;
  const candidates = Array.from(weights.keys()).filter((token) => weights[token]! > negligible);
  candidates.sort((a, b) => weights[b]! - weights[a]! || a - b);
  let mass = 0;
  const last = candidates.findIndex((token) => {
    mass += weights[token]!;
    return mass >= topP * total;
  });
  return last < 0 ? candidates : candidates.slice(0, last + 1);
}
