/**
 * Numbers as people write them in a definition (`500 ms`, `8 GiB`, `7.2 B`), read into base units: seconds, bytes, counts.
 * A bare number is already in base units. GB is 10^9 bytes and GiB is 2^30: memory is sold in both.
 */
import { z } from 'zod';

const DURATIONS = { us: 1e-6, ms: 1e-3, s: 1, min: 60, h: 3600 } as const;
const SIZES = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
} as const;
const COUNTS = { K: 1e3, M: 1e6, B: 1e9, T: 1e12 } as const;

function withUnits(kind: string, units: Readonly<Record<string, number>>) {
  const names = Object.keys(units);
  const pattern = new RegExp(`^(\\d+(?:\\.\\d+)?)\\s*(${names.join('|')})$`);
  const expected = `a positive number or a ${kind} such as "2 ${names[Math.min(2, names.length - 1)]}" (units: ${names.join(', ')})`;
  const error = `expected ${expected}`;
  return z
    .union([z.number({ error }).positive(), z.string({ error }).regex(pattern, { error })], { error })
    .transform((raw) => {
      if (typeof raw === 'number') return raw;
      const [, digits, unit] = pattern.exec(raw)!;
      // 8.2 * 1e9 is 8199999999.999999: fifteen digits are what a product of two doubles is good for.
      return Number((Number(digits) * units[unit!]!).toPrecision(15));
    })
    .refine((value) => value > 0 && Number.isFinite(value), { error });
}

/** Seconds. */
export const duration = withUnits('duration', DURATIONS);
/** Bytes. */
export const size = withUnits('size', SIZES);
/** A plain count; `7.2 B` is 7.2 billion. */
export const count = withUnits('count', COUNTS);

const SHARE = /^(\d+(?:\.\d+)?)\s*(%|points?)?$/;
const shareError = 'expected a share from 0 to 1, as in "0.05", "5%" or "5 points"';

/** A share from 0 to 1, as people write shares and differences of scores. */
export const share = z
  .string({ error: shareError })
  .regex(SHARE, { error: shareError })
  .transform((text) => {
    const [, digits, unit] = SHARE.exec(text)!;
    return unit === undefined ? Number(digits) : Number(digits) / 100;
  })
  .refine((value) => value <= 1, { error: shareError });
