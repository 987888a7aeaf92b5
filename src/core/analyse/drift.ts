/**
 * Did a model grow slower or faster while it was measured? A processor that throttles, a neighbour that wakes up, a leak: all
 * bend the numbers over the course of a run. Each trial's decode rate is set against the median of its own task, so that long
 * and short answers can be compared, and the medians of consecutive trials are tested for a trend (Mann 1945, Kendall 1975).
 */
import { isMissing, type Missing, missing } from '../measure/quantity.js';
import { median, percentile, testTrend } from '../stats/index.js';
import type { Drift } from './analysis.js';
import type { Trials } from './trials.js';

/** Stretches the run is cut into. */
const STRETCHES = 40;
/** Trials in a stretch, at the least. */
const LEAST_TRIALS = 3;

/** @param tasks the trials of one model, task by task. */
export function driftOf(tasks: readonly Trials[]): Drift | Missing {
  const relative = tasks.flatMap((trials) => {
    const timed: { session: number; at: number; relative: number }[] = [];
    for (let row = 0; row < trials.size; row++) {
      const rate = trials.timing(row, 'decodeRate');
      if (rate !== null) timed.push({ session: trials.session(row), at: trials.at(row), relative: rate });
    }
    if (timed.length === 0) return [];
    const middle = median(timed.map((one) => one.relative));
    for (const one of timed) one.relative /= middle;
    return timed;
  });
  if (relative.length === 0) return missing('no trial has a decode rate');
  const inOrder = relative.sort((a, b) => a.session - b.session || a.at - b.at || a.relative - b.relative);
  const stretches = Math.min(STRETCHES, Math.floor(inOrder.length / LEAST_TRIALS));
  const course = Array.from({ length: stretches }, (_, i) => {
    const part = inOrder.slice(
      Math.floor((i * inOrder.length) / stretches),
      Math.floor(((i + 1) * inOrder.length) / stretches),
    );
    return { progress: (i + 0.5) / stretches, relative: median(part.map((one) => one.relative)) };
  });
  const trend = testTrend(course.map((one) => one.relative));
  if (isMissing(trend)) return missing(`${inOrder.length} trials are too few to tell a trend over the run`);
  return {
    change: trend.slope * (stretches - 1),
    p: trend.p,
    n: inOrder.length,
    noise: noiseOf(course.map((one) => one.relative)),
    course,
  };
}

/**
 * The noise floor: two stretches of an unchanged model differ by less than this 19 times in 20. All pairs are looked at, for
 * neighbours alone would hide what changes slowly.
 */
function noiseOf(course: readonly number[]): number {
  const differences = course.flatMap((one, i) => course.slice(i + 1).map((other) => Math.abs(Math.log(other / one))));
  return Math.expm1(percentile(differences, 0.95));
}
