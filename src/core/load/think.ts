/**
 * How long users think. Each user has a stream of durations that depends on the seed and on the user alone. So user 3 thinks the
 * same in a test with ten users as in a test with twenty, and several client processes can share the users among them.
 */
import type { ThinkTime } from '../definition/condition.js';
import { createRandom, type Random, type Seed } from '../stats/basics/random.js';
import { drawExponential, drawLognormal } from './draws.js';

/**
 * The think times of one user, without end, in seconds. The first is what remains of a think time that began before the step, so
 * that users do not all ask at once: the stationary residual life of the renewal process, which is a uniform share of a duration
 * drawn in proportion to its length (Cox 1962, Renewal Theory, section 5.4).
 * @param user Users count from 0.
 */
export function* thinkTimes(think: ThinkTime, seed: Seed, user: number): Generator<number, never> {
  const random = createRandom(seed, 'think', user);
  yield random.uniform() * drawByLength(think, random);
  for (;;) yield draw(think, random);
}

export function meanThink(think: ThinkTime): number {
  return think.kind === 'constant' ? think.seconds : think.mean;
}

/**
 * The seconds after which most users have asked: a mean think time, or the mean rest of one that began before the step, where that is longer
 * because think times differ widely.
 */
export function settlingThink(think: ThinkTime): number {
  const rest = think.kind === 'lognormal' ? Math.max(1, Math.exp(think.sigma ** 2) / 2) : 1;
  return meanThink(think) * rest;
}

function draw(think: ThinkTime, random: Random): number {
  switch (think.kind) {
    case 'constant':
      return think.seconds;
    case 'exp':
      return drawExponential(think.mean, random);
    case 'lognormal':
      return drawLognormal(think.mean, think.sigma, random);
  }
}

/** A duration drawn in proportion to its length. */
function drawByLength(think: ThinkTime, random: Random): number {
  switch (think.kind) {
    case 'constant':
      return think.seconds;
    case 'exp':
      // The sum of two exponentials has the density x e^(-x).
      return drawExponential(think.mean, random) + drawExponential(think.mean, random);
    case 'lognormal':
      // x times a lognormal density is a lognormal density, shifted by sigma^2.
      return drawLognormal(think.mean * Math.exp(think.sigma ** 2), think.sigma, random);
  }
}
