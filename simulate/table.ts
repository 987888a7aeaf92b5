/** The table that docs/statistics.md holds. */
import type { Observed } from './observe.js';

export const TABLE_HEAD =
  '| scenario | suites | wrong "fits" or "cascade" | wrong "needed" | power |\n|---|---|---|---|---|\n';

export function rowOf({ name, suites, falseFits, falseNeeded, power }: Observed): string {
  const shownPower = power === null ? '' : power.toFixed(2);
  return `| ${name} | ${suites} | ${share(falseFits)} | ${share(falseNeeded)} | ${shownPower} |\n`;
}

function share(value: number): string {
  return value.toFixed(3).replace(/^0/, '');
}
