/** The table of the replayed orders of one log. */

import type { LogRecord } from '../src/core/log/log.js';
import { median } from '../src/core/stats/estimate/percentiles.js';
import { readLog } from '../src/files/log.js';
import { compare, fixedPlan, replay } from './orders.js';

const SEEDS = 20;

export async function ordersOf(log: string): Promise<string> {
  const records: LogRecord[] = [];
  for await (const record of readLog(log)) records.push(record);
  const fixed = fixedPlan(records);
  const found = Array.from({ length: SEEDS }, (_, i) => compare(fixed, replay(records, i + 1)));
  const rows = found.map(
    ({ same, contrary, decided, saved }, i) =>
      `| ${i + 1} | ${same} of ${decided} | ${contrary} | ${(100 * saved).toFixed(0)}% |\n`,
  );
  const sum = (of: 'same' | 'contrary' | 'decided') => found.reduce((total, one) => total + one[of], 0);
  const saved = median(found.map((one) => one.saved));
  return `| seed | decided as the fixed plan | otherwise | trials saved |\n|---|---|---|---|\n${rows.join('')}| all | ${sum('same')} of ${sum('decided')} | ${sum('contrary')} | ${(100 * saved).toFixed(0)}% in the median |\n`;
}
