/** The table that docs/statistics.md holds. */
import type { Observed } from './observe.js';

export const TABLE_HEAD = '| scenario | wrong "fits" or "cascade" | wrong "needed" | power |\n|---|---|---|---|\n';

export function rowOf({ name, falseFits, falseNeeded, power }: Observed): string {
  return `| ${name} | ${share(falseFits)} | ${share(falseNeeded)} | ${power === null ? '' : power.toFixed(2)} |\n`;
}

function share(value: number): string {
  return value.toFixed(3).replace(/^0/, '');
}
