/**
 * Measures event loop delay. A time stamp is read when the loop reaches its callback, so a delay of 5 ms spoils every time of a few
 * milliseconds. A run says so beside those numbers.
 */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { known, missing, type Quantity } from '../core/quantity.js';

/** Milliseconds between two readings of the clock: each of them wakes the process. */
const RESOLUTION = 1;
/** Of a client under load, which waits most of the time: a reading every millisecond would take 3% of a core. */
export const SELDOM = 10;

/** Milliseconds that must have been watched. */
const LEAST = 100;

export function watchLoop(resolution = RESOLUTION): IntervalHistogram {
  return monitorEventLoopDelay({ resolution });
}

/** The 99th percentile of the delay, seconds. The histogram holds whole intervals, so the interval of a loop without delay is subtracted. */
export function lateness(loop: IntervalHistogram, resolution = RESOLUTION): Quantity {
  const interval = loop.percentile(99) / 1e9;
  if (loop.count * resolution < LEAST) return missing('too short a session to tell');
  return known(Math.max(0, Math.round((interval - resolution / 1000) * 1e6) / 1e6));
}
