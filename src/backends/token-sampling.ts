/**
 * From logits to a token. A logit is an unnormalised log-probability; softmax makes probabilities of them. Temperature
 * divides the logits before that: 0 takes the likeliest token (greedy), 1 the model's own distribution. Nucleus sampling
 * (top-p; Holtzman et al. 2020) then draws only from the smallest set of likeliest tokens that holds `topP` of the mass.
 */
import type { Generation } from '../core/definition/suite.js';
import { createRandom } from '../core/stats/basics/random.js';
import { summarise } from './logits.js';
import type { SampledToken } from './token-queue.js';

/** Chooses the next token from one row of logits, with the model's own log-probability of it, whatever the temperature. */
export type Sampler = (logits: Float32Array) => SampledToken;

export function createSampler({ temperature, topP, seed }: Pick<Generation, 'temperature' | 'topP' | 'seed'>): Sampler {
  if (temperature === 0) return likeliest;
  const random = createRandom(seed, 'sampling');
  return (logits) => {
    const { highest, total } = summarise(logits);
    const token = draw(logits, { highest, temperature, topP, chance: random.uniform() });
    return { token, logprob: logits[token]! - total };
  };
}

/** The first of the highest logits. */
export function likeliest(logits: Float32Array): SampledToken {
  const { likeliest: token, highest, total } = summarise(logits);
  return { token, logprob: highest - total };
}

interface Drawing {
  readonly highest: number;
  readonly temperature: number;
  readonly topP: number;
  /** A number from 0 to 1. */
  readonly chance: number;
}

function draw(logits: Float32Array, { highest, temperature, topP, chance }: Drawing): number {
  const weights = Float64Array.from(logits, (logit) => Math.exp((logit - highest) / temperature));
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
