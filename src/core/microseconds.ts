/** Rounds to the microsecond: clocks resolve no more, and further digits would only fill a log. */
export function toMicroseconds(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}
