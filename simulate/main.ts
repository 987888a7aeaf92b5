/**
 * Do verdicts hold their promise? Suites are drawn whose truth is known, and `recommend()` judges each:
 *
 *     npm run simulate              200 suites a scenario, the worst of 30 shapes: about two minutes
 *     npm run simulate -- --long    10,000 suites a scenario, the worst of 1,000 shapes: hours
 *
 * It prints the table of docs/statistics.md. The same seed draws the same suites.
 *
 *     npm run simulate -- gate      the gates of two versions, in gate/main.ts: about ten minutes
 */
import { createRandom } from '../src/core/stats/basics/random.js';
import { simulateGates } from './gate/main.js';
import { observe } from './observe.js';
import { ERRORS, POWERS } from './scenarios.js';
import { searchWorst } from './search.js';
import { rowOf, TABLE_HEAD } from './table.js';

const SEED = 1;

if (process.argv[2] === 'gate') {
  simulateGates({ unchanged: 2_000, changed: 1_000, seed: SEED }, (text) => process.stdout.write(text));
} else simulateVerdicts(process.argv.includes('--long') ? 'long' : 'short');

function simulateVerdicts(length: 'long' | 'short'): void {
  const isLong = length === 'long';
  const suites = isLong ? 10_000 : 200;
  process.stdout.write(TABLE_HEAD);
  for (const scenario of [...ERRORS, ...POWERS]) process.stdout.write(rowOf(observe(scenario, { suites, seed: SEED })));
  const worst = searchWorst({
    shapes: isLong ? 1_000 : 30,
    suites: { first: isLong ? 500 : 40, again: suites },
    random: createRandom(SEED, 'worst case'),
  });
  process.stdout.write(rowOf({ ...worst, name: `worst found: ${worst.name}` }));
}
