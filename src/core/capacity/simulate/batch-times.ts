/**
 * How long a step of several sequences takes. A load test shows it: the gaps between two tokens of an answer while as many answers as then are
 * being written, and no prompt is being read.
 */
import { sorted } from '../../stats/basics/moments.js';
import { median } from '../../stats/estimate/percentiles.js';

/** One answer of a load test, with a time for each of its tokens: seconds on one clock, ascending. */
export interface TimedAnswer {
  readonly tokens: readonly number[];
}

export interface BatchTime {
  /** The answers that were being written. */
  readonly sequences: number;
  /** The median gap. */
  readonly seconds: number;
  readonly gaps: number;
}

/** Fewer gaps show no step. */
const LEAST_GAPS = 50;
/** A first token that comes within this share of a gap after it belongs to the same step, which read its prompt. */
const SAME_STEP = 0.5;

/** @param answers All that were written during one step of the load test. */
export function batchTimes(answers: readonly TimedAnswer[]): BatchTime[] {
  const firsts = sorted(answers.map(({ tokens }) => tokens[0]!));
  const lasts = sorted(answers.map(({ tokens }) => tokens.at(-1)!));
  const gaps: number[][] = [];
  for (const { tokens } of answers) {
    for (let i = 1; i < tokens.length; i++) {
      const [from, to] = [tokens[i - 1]!, tokens[i]!];
      const begun = countUpTo(firsts, from);
      // The set of answers must not change meanwhile.
      if (countUpTo(firsts, to + SAME_STEP * (to - from)) > begun) continue;
      const ended = countUpTo(lasts, from);
      if (countUpTo(lasts, to - SAME_STEP * (to - from)) > ended) continue;
      const sequences = begun - ended;
      const seen = gaps[sequences] ?? [];
      gaps[sequences] = seen;
      seen.push(to - from);
    }
  }
  return gaps.flatMap((seconds, sequences) =>
    seconds.length < LEAST_GAPS ? [] : [{ sequences, seconds: median(seconds), gaps: seconds.length }],
  );
}

/** How many of the ascending values are at most `limit`. */
function countUpTo(ascending: readonly number[], limit: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
