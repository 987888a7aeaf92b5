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
  const logit = logits[token]!;
  if (logit === Number.NEGATIVE_INFINITY) return logit;
  return Math.min(0, 0 - Math.log(sumOfExponentials(logits, logit)));
}

/**
 * The sum of `exp(logit - reference)`. This is done for every token of a vocabulary at every step, where `Math.exp` would
 * take 1.5 ms for 150,000: so `exp(x)` is a power of two, times a tabulated 2^(i/256), times the first terms of its series
 * for the rest, which is below 0.003. Relative error under 4e-9.
 */
function sumOfExponentials(logits: Float32Array, reference: number): number {
  let sum = 0;
  for (let i = 0; i < logits.length; i++) {
    const steps = (logits[i]! - reference) * STEPS_PER_UNIT;
    if (steps < SMALLEST) continue;
    if (steps > LARGEST) return Number.POSITIVE_INFINITY;
    const whole = Math.floor(steps);
    const rest = (steps - whole) / STEPS_PER_UNIT;
    sum += POWERS[(whole >> 8) - LOWEST_POWER]! * ROOTS[whole & 255]! * (1 + rest * (1 + rest / 2));
  }
  return sum;
}

const STEPS_PER_UNIT = 256 * Math.LOG2E;
const LOWEST_POWER = -64;
const HIGHEST_POWER = 1023;
const SMALLEST = 256 * LOWEST_POWER;
const LARGEST = 256 * HIGHEST_POWER;
const POWERS = Float64Array.from({ length: HIGHEST_POWER - LOWEST_POWER + 1 }, (_, i) => 2 ** (LOWEST_POWER + i));
const ROOTS = Float64Array.from({ length: 256 }, (_, i) => 2 ** (i / 256));

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
