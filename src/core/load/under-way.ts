/** Requests under way over time: those that were due and have not ended. */
import type { Values } from '../stats/basics/moments.js';
import type { StepRequest } from './request.js';

/** How many are under way from each time until the next. */
export interface UnderWay {
  readonly times: Float64Array;
  readonly counts: Int32Array;
}

/** @param from When a request begins to be under way: when it was due, or when it was sent. */
export function underWayOf(
  requests: readonly Pick<StepRequest, 'due' | 'sent' | 'end'>[],
  from: 'due' | 'sent',
): UnderWay {
  const begins = Float64Array.from(requests, (request) => request[from]).sort();
  const ends = Float64Array.from(requests, ({ end }) => end).sort();
  const times = new Float64Array(begins.length + ends.length);
  const counts = new Int32Array(times.length);
  let [begun, ended, count] = [0, 0, 0];
  for (let i = 0; i < times.length; i++) {
    // Of an end and a begin at the same time the end comes first: a closed loop sends when an answer is complete.
    const isEnd = begun >= begins.length || ends[ended]! <= begins[begun]!;
    times[i] = isEnd ? ends[ended++]! : begins[begun++]!;
    count += isEnd ? -1 : 1;
    counts[i] = count;
  }
  return { times, counts };
}

/** How many were under way just before each time. The times are ascending. */
export function underWayBefore({ times, counts }: UnderWay, at: Values): Int32Array {
  const before = new Int32Array(at.length);
  let place = 0;
  for (let i = 0; i < at.length; i++) {
    while (place < times.length && times[place]! < at[i]!) place++;
    before[i] = place === 0 ? 0 : counts[place - 1]!;
  }
  return before;
}

/** The mean over time, and the peak, between two times. */
export function underWayBetween(
  { times, counts }: UnderWay,
  { from, to }: { readonly from: number; readonly to: number },
): { readonly mean: number; readonly peak: number } {
  let [area, peak] = [0, 0];
  for (let i = 0; i < times.length; i++) {
    const begin = Math.max(from, times[i]!);
    const end = Math.min(to, times[i + 1] ?? to);
    if (end <= begin) continue;
    area += counts[i]! * (end - begin);
    peak = Math.max(peak, counts[i]!);
  }
  return { mean: to > from ? area / (to - from) : 0, peak };
}
