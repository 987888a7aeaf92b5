/** Devices with one chip beside different memory. What it computes, and what launching it costs, is the same; how well memory is read is not. */
const CHIPS: readonly (readonly [pattern: RegExp, chip: string])[] = [
  [/^(h100|h200|gh200)/, 'gh100'],
  [/^g?b200$/, 'gb100'],
  [/^g?b300$/, 'gb110'],
  [/^a100/, 'ga100'],
  [/^mi3(00|25)x$/, 'cdna3'],
];

/** @returns The device itself where it shares its chip with none of the catalogue. */
export function chipOf(device: string): string {
  return CHIPS.find(([pattern]) => pattern.test(device))?.[1] ?? device;
}
