/**
 * The mean of values in [0, 1] by betting. One may look after every value: it is the tightest known interval that holds at all
 * times at once, without any assumption on the distribution (Waudby-Smith and Ramdas 2023, JRSS B 86:1, arXiv 2010.09686; reference
 * implementation confseq, `betting.py`).
 *
 * For each candidate mean m two gamblers bet against it, one that values will be higher and one that they will be lower. If m
 * is the truth nobody can expect to win, so a gambler who has turned 1 into 1/alpha has refuted it. The interval is what
 * remains of a grid of candidates.
 *
 * Without replacement (a fixed test set asked in random order) the rest of the set becomes better known. Give the size of the set,
 * and the interval is for its mean, and exact when all of it was asked.
 */
import { expectBetween0And1, expectCount, expectProbability } from '../basics/expect.js';
import { clampInterval, type Interval } from '../basics/interval.js';

export interface BettingOptions {
  /** Two-sided; the default is 0.95. */
  readonly confidence?: number;
  /** Size of the set that is drawn from without replacement. Without it the set is endless. */
  readonly populationSize?: number;
  /** Candidate means are 1/gridSize apart; the default is 1,000. */
  readonly gridSize?: number;
  /** The number of values at which the interval is tightest; it is wider everywhere else. It stays valid at every look. */
  readonly tunedForN?: number;
  /** Keep the tightest bounds of all looks so far, as the theory allows; the default is true. */
  readonly runningIntersection?: boolean;
}

/** Looks at one value after the other. */
export interface BettingSequence {
  /** The interval after one more value. */
  observe(value: number): Interval;
}

/** @throws RangeError for a value outside [0, 1], or more values than the population has. */
export function startBettingSequence(options: BettingOptions = {}): BettingSequence {
  const { confidence = 0.95, populationSize, gridSize = 1_000, tunedForN, runningIntersection = true } = options;
  expectBetween0And1('confidence', confidence);
  expectCount('gridSize', gridSize, 2);
  if (populationSize !== undefined) expectCount('populationSize', populationSize, 1);
  const alpha = 1 - confidence;
  const bets = startBets(alpha, tunedForN);
  let candidates = Array.from({ length: gridSize + 1 }, (_, i) => startCandidate(i / gridSize, populationSize));
  // Half of the money for each gambler, so either needs to win twice 1/alpha.
  const refuted = Math.log(2 / alpha);
  let tightest: Interval = { low: 0, high: 1 };
  let seen: Seen = { count: 0, total: 0 };

  const observe = (value: number): Interval => {
    expectProbability('value', value);
    if (populationSize !== undefined && seen.count === populationSize) {
      throw new RangeError(`Expected at most the ${populationSize} values of the population, got one more`);
    }
    const bet = bets.next(value);
    const before = seen;
    const standing = candidates.filter((candidate) => candidate.bet(bet, value, before) <= refuted);
    // A candidate that is refuted once stays refuted, because all looks count together.
    if (runningIntersection) candidates = standing;
    seen = { count: seen.count + 1, total: seen.total + value };
    const known = populationSize === undefined ? unit : knownBounds(seen, populationSize);
    const interval = clampInterval(around(standing, 1 / gridSize), known);
    const both = clampInterval(interval, tightest);
    // Bounds cross when the order was not random, or in the one case in twenty: then the last bounds stand.
    if (both.low <= both.high) tightest = both;
    return runningIntersection ? tightest : interval;
  };
  return { observe };
}

const unit: Interval = { low: 0, high: 1 };

/** From the first candidate that stands to the last, plus one step of the grid. It is [0, 1] when none stands. */
function around(standing: readonly { readonly m: number }[], step: number): Interval {
  const [first, last] = [standing[0], standing.at(-1)];
  return first && last ? { low: first.m - step, high: last.m + step } : unit;
}

/** The bounds if the rest of the population is all 0, or all 1. */
function knownBounds({ count, total }: Seen, populationSize: number): Interval {
  return { low: total / populationSize, high: (populationSize - count + total) / populationSize };
}

/**
 * The bets, from the values before: `l_t = sqrt(2 ln(2/alpha) / (t ln(1 + t) s^2_{t-1}))`, with the mean and the variance
 * started by one imaginary value of mean 1/2 and variance 1/4; for a fixed n, n in place of `t ln(1 + t)`. Each call takes
 * the value and gives the bet that was placed before it was seen.
 */
export function startBets(alpha: number, tunedForN?: number): { next(value: number): number } {
  expectBetween0And1('alpha', alpha);
  if (tunedForN !== undefined) expectCount('tunedForN', tunedForN, 1);
  let [t, total, squares, variance] = [0, 0, 0, 1 / 4];
  return {
    next(value) {
      t++;
      const bet = Math.sqrt((2 * Math.log(2 / alpha)) / ((tunedForN ?? t * Math.log1p(t)) * variance));
      total += value;
      squares += (value - (1 / 2 + total) / (t + 1)) ** 2;
      variance = (1 / 4 + squares) / (t + 1);
      return bet;
    },
  };
}

/** No bet may lose more than half of the capital at once. */
const MOST_AT_STAKE = 1 / 2;

/** The values before the one that is bet on. */
interface Seen {
  readonly count: number;
  readonly total: number;
}

/** The two gamblers against one mean; `bet` returns the logarithm of the richer one's capital. */
function startCandidate(m: number, populationSize: number | undefined) {
  let [higher, lower] = [0, 0];
  return {
    m,
    bet(size: number, value: number, seen: Seen): number {
      const mean = populationSize === undefined ? m : (populationSize * m - seen.total) / (populationSize - seen.count);
      // Outside [0, 1] the candidate is impossible; the bounds from what was seen leave it out anyway.
      const held = Math.min(1, Math.max(0, mean));
      higher += Math.log1p(Math.min(size, MOST_AT_STAKE / held) * (value - held));
      lower += Math.log1p(-Math.min(size, MOST_AT_STAKE / (1 - held)) * (value - held));
      return Math.max(higher, lower);
    },
  };
}

/**
 * What the richer gambler against a mean of m owns after each value; the two start with 1 together. Above 1/alpha, m is refuted.
 * This is the evidence against one hypothesis, where no interval is needed.
 */
export function bettingCapital(
  values: readonly number[],
  m: number,
  options: { readonly confidence?: number } = {},
): number[] {
  const { confidence = 0.95 } = options;
  expectProbability('m', m);
  expectBetween0And1('confidence', confidence);
  const bets = startBets(1 - confidence);
  const candidate = startCandidate(m, undefined);
  return values.map((value) => {
    expectProbability('value', value);
    return Math.exp(candidate.bet(bets.next(value), value, { count: 0, total: 0 })) / 2;
  });
}

/** Maps a difference of two scores from [-1, 1] to [0, 1], which the betting sequence takes. */
export function differenceToUnit(difference: number): number {
  return (difference + 1) / 2;
}

/** The interval of a mean difference from that of its image in [0, 1]. */
export function intervalOfDifference(interval: Interval): Interval {
  return { low: 2 * interval.low - 1, high: 2 * interval.high - 1 };
}
