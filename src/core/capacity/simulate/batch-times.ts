/**
 * How long a step of several sequences takes. A load test shows it: the gaps between two tokens of an answer, by how many answers were being
 * written. A gap in which an answer begins or ends is left out, because its step read a prompt. What is left of a prompt that several steps
 * read does not move the median.
 */
import { sorted } from '../../stats/basics/moments.js';
import { median } from '../../stats/estimate/percentiles.js';

/** One answer of a load test: the times of its tokens in seconds on one clock, ascending, one or more. */
export interface TimedAnswer {
  readonly tokens: readonly number[];
  /** Several tokens came together: it shows no gap, and was being written all the same. */
  readonly lumped?: true;
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

/**
 * @param answers All that were written in a step of the load test until a time.
 * @param until Seconds: later gaps are left out, because answers that are not known were being written.
 */
export function batchTimes(answers: readonly TimedAnswer[], until = Number.POSITIVE_INFINITY): BatchTime[] {
  const firsts = sorted(answers.map(({ tokens }) => tokens[0]!));
  const lasts = sorted(answers.map(({ tokens }) => tokens.at(-1)!));
  const gaps: number[][] = [];
  for (const { tokens, lumped } of answers) {
    if (lumped) continue;
    for (let i = 1; i < tokens.length; i++) {
      const [from, to] = [tokens[i - 1]!, tokens[i]!];
      if (to > until) break;
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
