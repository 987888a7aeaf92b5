/**
 * When requests of an open condition are due. Each generator yields times that never go back, without end, in seconds since the
 * step began. Whoever reads it decides when to stop. The same seed gives the same times on every machine.
 *
 * The arrivals are first drawn at a rate of 1, where the gaps have a mean of 1. The k-th request of a rate r(t) is due when the area
 * under r has reached the k-th of these times (time rescaling: Çinlar 1975, Introduction to Stochastic Processes, theorem 4.5.9;
 * for other renewal processes: Gerhardt and Nelson 2009, INFORMS J. Computing 21:630). So a ramp has Poisson arrivals at every moment.
 * The times are never rescaled to end at n/r as some clients do: their gaps then are no longer those of the process.
 */
import type { Arrivals, Open, RateProfile } from '../definition/condition.js';
import { createRandom, type Random, type Seed } from '../stats/basics/random.js';
import { drawExponential, drawGamma } from './draws.js';

/** The due times of an open condition. */
export function* dueTimes({ rate, arrivals }: Pick<Open, 'rate' | 'arrivals'>, seed: Seed): Generator<number, never> {
  const at = inverseArea(rate);
  const draw = gapsOf(arrivals, createRandom(seed, 'arrivals'));
  for (let area = draw(); ; area += draw()) yield at(area);
}

/** Draws gaps with a mean of 1. */
function gapsOf(arrivals: Arrivals, random: Random): () => number {
  switch (arrivals.kind) {
    case 'poisson':
      return () => drawExponential(1, random);
    case 'constant':
      return () => 1;
    case 'gamma':
      return () => drawGamma(1, arrivals.cv, random);
  }
}

/** Returns the time at which the area under the rate reaches a value. The values that it is called with must not go back. */
function inverseArea({ stretches, last }: RateProfile): (area: number) => number {
  let [index, begin, done] = [0, 0, 0];
  return (area) => {
    for (let stretch = stretches[index]; stretch !== undefined; stretch = stretches[++index]) {
      const whole = ((stretch.from + stretch.to) / 2) * stretch.seconds;
      if (area - done <= whole) return begin + timeWithin(stretch, area - done);
      begin += stretch.seconds;
      done += whole;
    }
    return begin + (area - done) / last;
  };
}

/** The time t with `from t + slope t^2 / 2 = area`, in the form that keeps its digits where the slope is near 0. */
function timeWithin({ from, to, seconds }: RateProfile['stretches'][number], area: number): number {
  const slope = (to - from) / seconds;
  return Math.min(seconds, (2 * area) / (from + Math.sqrt(Math.max(0, from ** 2 + 2 * slope * area))));
}
