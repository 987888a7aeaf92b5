/** The tables of replayed orders: of one log, and of suites that are drawn as real ones are. */
import type { LogRecord } from '../src/core/log/log.js';
import { createRandom } from '../src/core/stats/basics/random.js';
import { median } from '../src/core/stats/estimate/percentiles.js';
import { readLog } from '../src/files/log.js';
import { type Answered, answersOf, answersOfDrawn, type Comparison, compare, fixedPlan, replay } from './orders.js';
import { mixedSuite } from './scenarios.js';

const SEEDS = 20;

const HEAD =
  'decided as the fixed plan | otherwise | beyond it | samples saved, in the median |\n|---|---|---|---|---|\n';

export async function ordersOf(log: string): Promise<string> {
  const records: LogRecord[] = [];
  for await (const record of readLog(log)) records.push(record);
  const found = comparisonsOf(answersOf(records));
  const rows = found.map((one, i) => rowOf(`${i + 1}`, [one]));
  return `| seed | ${HEAD}${rows.join('')}${rowOf('all', found)}`;
}

/** Suites of six tasks, from equal models to an SLM 27 points worse, each in 20 orders. */
export function ordersOfDrawn(suites: number, seed: number, write: (text: string) => void): void {
  const random = createRandom(seed, 'orders of drawn suites');
  write(`| suite | ${HEAD}`);
  const all: Comparison[] = [];
  for (let i = 1; i <= suites; i++) {
    const found = comparisonsOf(answersOfDrawn(mixedSuite(random)));
    all.push(...found);
    write(rowOf(`${i}`, found));
  }
  write(rowOf('all', all));
}

function comparisonsOf(answers: Answered): Comparison[] {
  const fixed = fixedPlan(answers);
  return Array.from({ length: SEEDS }, (_, i) => compare(fixed, replay(answers, i + 1)));
}

function rowOf(name: string, found: readonly Comparison[]): string {
  const sum = (of: 'same' | 'contrary' | 'decided' | 'more') => found.reduce((total, one) => total + one[of], 0);
  const saved = (100 * median(found.map((one) => one.saved))).toFixed(0);
  return `| ${name} | ${sum('same')} of ${sum('decided')} | ${sum('contrary')} | ${sum('more')} | ${saved}% |\n`;
}
