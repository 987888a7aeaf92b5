/** The course of a step: requests under way and TTFT over its time, in blocks of equal length. */
import { isMissing } from '../quantity.js';
import { median } from '../stats/estimate/percentiles.js';
import type { StepRequest } from './request.js';
import type { StepResult } from './step.js';
import { underWayBetween, underWayOf } from './under-way.js';

export interface Course {
  /** Seconds of each block. */
  readonly block: number;
  readonly blocks: readonly CourseBlock[];
  /** The window that the figures are of, in seconds since the step began; null where there is none. */
  readonly window: { readonly from: number; readonly to: number } | null;
}

export interface CourseBlock {
  /** The mean over the time of the block. */
  readonly underWay: number;
  /** Of the requests that were due in the block: the median, and the longest, in seconds; null where none had a token. */
  readonly ttft: { readonly median: number; readonly longest: number } | null;
}

const BLOCKS = 60;

/** @param requests All requests of the step. */
export function courseOf(
  requests: readonly StepRequest[],
  { seconds, window }: Pick<StepResult, 'seconds' | 'window'>,
): Course {
  const block = seconds / BLOCKS;
  const underWay = underWayOf(requests, 'due');
  const waits = Array.from({ length: BLOCKS }, (): number[] => []);
  for (const { due, first } of requests) {
    if (first !== undefined && due < seconds) waits[Math.floor(due / block)]!.push(first - due);
  }
  return {
    block,
    blocks: waits.map((values, i) => ({
      underWay: underWayBetween(underWay, { from: i * block, to: (i + 1) * block }).mean,
      ttft: values.length === 0 ? null : { median: median(values), longest: Math.max(...values) },
    })),
    window: isMissing(window) ? null : { from: window.from, to: window.to },
  };
}
