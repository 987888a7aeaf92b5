/**
 * Numbers as people write them in a definition (`500 ms`, `8 GiB`, `7.2 B`), read into base units: seconds, bytes, counts.
 * A bare number is already in base units. GB is 10^9 bytes and GiB is 2^30: memory is sold in both.
 */
import { z } from 'zod';
import { COUNTS, DURATIONS, patternOf, readMagnitude, SIZES, type Units } from './magnitude.js';

function withUnits(kind: string, units: Units) {
  const names = Object.keys(units);
  const expected = `a positive number or a ${kind} such as "2 ${names[Math.min(2, names.length - 1)]}" (units: ${names.join(', ')})`;
  const error = `expected ${expected}`;
  return z
    .union([z.number({ error }).positive(), z.string({ error }).regex(patternOf(units), { error })], { error })
    .transform((raw) => (typeof raw === 'number' ? raw : readMagnitude(raw, units)!))
    .refine((value) => value > 0 && Number.isFinite(value), { error });
}

/** Seconds. */
export const duration = withUnits('duration', DURATIONS);
/** Bytes. */
export const size = withUnits('size', SIZES);
/** A plain count; `7.2 B` is 7.2 billion. */
export const count = withUnits('count', COUNTS);
