import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { readShare } from '../../../src/core/definition/magnitude.js';
import { count, duration, size } from '../../../src/core/definition/units.js';

const complaint = (schema: z.ZodType, value: unknown) => schema.safeParse(value).error?.issues[0]?.message;

describe('numbers with units are read into base units', () => {
  test.each([
    ['500 ms', 0.5],
    ['1.1 ms', 0.0011],
    ['250us', 0.00025],
    ['2 s', 2],
    ['1.5 min', 90],
    ['2 h', 7200],
    [0.25, 0.25],
  ])('%s is %d seconds', (text, seconds) => expect(duration.parse(text)).toBe(seconds));

  test.each([
    ['8 GB', 8e9],
    ['8 GiB', 8_589_934_592],
    ['1.5KiB', 1536],
    ['512 B', 512],
    [1024, 1024],
  ])('%s is %d bytes', (text, bytes) => expect(size.parse(text)).toBe(bytes));

  test.each([
    ['8.2 B', 8_200_000_000],
    ['32.8 B', 32_800_000_000],
    ['0.75 M', 750_000],
    ['135M', 135_000_000],
    ['1.8 T', 1_800_000_000_000],
  ])('%s is %d parameters, without the noise of a binary product', (text, parameters) =>
    expect(count.parse(text)).toBe(parameters),
  );
});

describe('what is no number with a unit is refused', () => {
  test.each(['-1 s', '0 s', '2', 's', '2 S', '2 s s', '1e3 s', '', 0, -1, Number.POSITIVE_INFINITY, null])(
    '%j is no duration',
    (value) => expect(duration.safeParse(value).success).toBe(false),
  );

  test('a number too large for a double is refused, not read as infinite', () => {
    expect(size.safeParse(`${'9'.repeat(400)} TB`).success).toBe(false);
  });

  test('the complaint names the units', () => {
    expect(complaint(duration, '2 seconds')).toBe(
      'expected a positive number or a duration such as "2 s" (units: us, ms, s, min, h)',
    );
    expect(complaint(size, '0 GB')).toContain('units: B, kB, MB, GB, TB, KiB, MiB, GiB, TiB');
    expect(complaint(count, true)).toContain('a count such as "2 B" (units: K, M, B, T)');
  });
});

test.each([
  ['0.05', 0.05],
  ['5%', 0.05],
  ['5 points', 0.05],
  ['1 point', 0.01],
  ['100%', 1],
])('%s as a share is %d', (text, value) => {
  expect(readShare(text)).toBeCloseTo(value, 12);
});

test.each(['5', '101%', '-0.1', '5 dots', ''])('"%s" is no share', (text) => {
  expect(readShare(text)).toBeNull();
});
