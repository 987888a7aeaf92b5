/** Ranks, for rank tests and for areas under curves. */
import { sorted } from './moments.js';

/** Ranks from 1; equal values share the mean of their ranks. */
export function midRanks(values: readonly number[]): number[] {
  const places = new Map<number, { first: number; count: number }>();
  sorted(values).forEach((value, i) => {
    const place = places.get(value);
    if (place) place.count++;
    else places.set(value, { first: i + 1, count: 1 });
  });
  return values.map((value) => {
    const { first, count } = places.get(value)!;
    return first + (count - 1) / 2;
  });
}
