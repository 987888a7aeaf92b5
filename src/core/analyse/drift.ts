/**
 * Did a model grow slower or faster while it was measured? A processor that throttles, a neighbour that wakes up, a leak: all
 * bend the numbers over the course of a run. Each trial's decode rate is set against the median of its own task, so that long
 * and short answers can be compared, and the medians of consecutive trials are tested for a trend (Mann 1945, Kendall 1975).
 */
import { isMissing, type Missing, missing } from '../quantity.js';
import { median, percentile } from '../stats/estimate/percentiles.js';
import { testTrend } from '../stats/estimate/trend.js';
import type { Drift } from './analysis.js';
import { ranksOf, type Trials } from './columns.js';
import { EVERY_SESSION, type Sessions } from './machines.js';

/** Stretches the run is cut into. */
const STRETCHES = 40;
/** Trials in a stretch, at the least. */
const LEAST_TRIALS = 3;

/** @param tasks the trials of one model, task by task. @param sessions those of one machine. */
export function driftOf(tasks: readonly Trials[], sessions: Sessions): Drift | Missing {
  const rates = ratesInOrder(tasks, sessions);
  const n = rates.length;
  if (n === 0)
    return missing(
      tasks.some((trials) => trials.timings('decodeRate', EVERY_SESSION).length > 0)
        ? sessions.others
        : 'no trial has a decode rate',
    );
  const stretches = Math.min(STRETCHES, Math.floor(n / LEAST_TRIALS));
  const course = Array.from({ length: stretches }, (_, i) => {
    const part = rates.subarray(Math.floor((i * n) / stretches), Math.floor(((i + 1) * n) / stretches));
    return { progress: (i + 0.5) / stretches, relative: median(part) };
  });
  const trend = testTrend(course.map((one) => one.relative));
  if (isMissing(trend)) return missing(`${n} trials are too few to tell a trend over the run`);
  return {
    change: trend.slope * (stretches - 1),
    p: trend.p,
    n,
    noise: noiseOf(course.map((one) => one.relative)),
    course,
  };
}

/** Decode rates, each over the median of its own task, in the order in which they were measured. */
function ratesInOrder(tasks: readonly Trials[], sessions: Sessions): Float64Array {
  const all = [...new Set(tasks.flatMap((trials) => trials.sessions))];
  const ranks = new Map(ranksOf(all).map((rank, i) => [all[i]!, rank]));
  const size = tasks.reduce((total, trials) => total + trials.size, 0);
  const [places, times, rates] = [new Float64Array(size), new Float64Array(size), new Float64Array(size)];
  let n = 0;
  for (const trials of tasks) {
    const known = trials.timings('decodeRate', sessions);
    if (known.length === 0) continue;
    const middle = median(known);
    for (const row of trials.inOrder()) {
      const rate = trials.timing(row, 'decodeRate');
      if (rate === null || !sessions.has(trials.session(row))) continue;
      places[n] = ranks.get(trials.session(row))!;
      times[n] = trials.at(row);
      rates[n++] = rate / middle;
    }
  }
  const order = Array.from({ length: n }, (_, i) => i).sort(
    (a, b) => places[a]! - places[b]! || times[a]! - times[b]! || rates[a]! - rates[b]!,
  );
  return Float64Array.from(order, (i) => rates[i]!);
}

/**
 * The noise floor: two stretches of an unchanged model differ by less than this 19 times in 20. All pairs are looked at, for
 * neighbours alone would hide what changes slowly.
 */
function noiseOf(course: readonly number[]): number {
  const differences = course.flatMap((one, i) => course.slice(i + 1).map((other) => Math.abs(Math.log(other / one))));
  return Math.expm1(percentile(differences, 0.95));
}
