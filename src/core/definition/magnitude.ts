/** A number with its unit, as people write it (`500 ms`, `8 GiB`), read into base units. It needs no schema, so a flag can use it. */
export const DURATIONS = { us: 1e-6, ms: 1e-3, s: 1, min: 60, h: 3600 } as const;
export const SIZES = {
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
export const COUNTS = { K: 1e3, M: 1e6, B: 1e9, T: 1e12 } as const;

export type Units = Readonly<Record<string, number>>;

/** The digits, then the unit. */
export function patternOf(units: Units): RegExp {
  return new RegExp(`^(\\d+(?:\\.\\d+)?)\\s*(${Object.keys(units).join('|')})$`);
}

/** @returns The number in base units; null where the text has no such form. */
export function readMagnitude(text: string, units: Units): number | null {
  const [, digits, unit] = patternOf(units).exec(text) ?? [];
  if (digits === undefined || unit === undefined) return null;
  // 8.2 * 1e9 is 8199999999.999999: fifteen digits are what a product of two doubles is good for.
  return Number((Number(digits) * units[unit]!).toPrecision(15));
}

const SHARE = /^(\d+(?:\.\d+)?)\s*(%|points?)?$/;

/** A share from 0 to 1, as people write shares and differences of scores: `0.05`, `5%`, `5 points`; null where it is none. */
export function readShare(text: string): number | null {
  const [, digits, unit] = SHARE.exec(text) ?? [];
  if (digits === undefined) return null;
  const value = unit === undefined ? Number(digits) : Number(digits) / 100;
  return value <= 1 ? value : null;
}
