/** The table that docs/statistics.md holds. */
import type { Counts } from './observe.js';

export const TABLE_HEAD =
  '| scenario | suites | wrong "fits" or "cascade" | wrong "needed" | power |\n|---|---|---|---|---|\n';

/** The power is the share of the tasks that got their true verdict. */
export function rowOf(name: string, { suites, falseFits, falseNeeded, tasks, decidable, right }: Counts): string {
  const shownPower = decidable === 0 ? '' : (right / tasks).toFixed(2);
  return `| ${name} | ${suites} | ${share(falseFits / suites)} | ${share(falseNeeded / suites)} | ${shownPower} |\n`;
}

function share(value: number): string {
  return value.toFixed(3).replace(/^0/, '');
}
