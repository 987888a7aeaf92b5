/** A pair of bounds. Whoever asked for them knows their confidence. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** The part of an interval that lies within [low, high]: a proportion is never below 0. */
export function clampInterval(interval: Interval, bounds: Interval): Interval {
  return { low: Math.max(interval.low, bounds.low), high: Math.min(interval.high, bounds.high) };
}
