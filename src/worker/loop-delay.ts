/**
 * How late an event loop is. A time stamp is read when the loop gets to it: a loop that was 5 ms late has spoilt every time
 * of a few milliseconds, and a run must say so beside those numbers.
 */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { known, missing, type Quantity } from '../core/quantity.js';

/** Milliseconds between two looks. */
const RESOLUTION = 1;

export function watchLoop(): IntervalHistogram {
  return monitorEventLoopDelay({ resolution: RESOLUTION });
}

/** The 99th percentile, seconds. The histogram holds whole intervals, so what it would be without any lateness is taken off. */
export function lateness(loop: IntervalHistogram): Quantity {
  const interval = loop.percentile(99) / 1e9;
  if (loop.count < 100) return missing('too short a session to tell');
  return known(Math.max(0, Math.round((interval - RESOLUTION / 1000) * 1e6) / 1e6));
}
