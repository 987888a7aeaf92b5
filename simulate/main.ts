/**
 * Do verdicts hold their promise? Suites are drawn whose truth is known, and `recommend()` judges each:
 *
 *     npm run simulate              200 suites a scenario, the worst of 30 shapes: about two minutes
 *     npm run simulate -- --long    10,000 suites a scenario, the worst of 1,000 shapes: hours
 *
 * It prints the table of docs/statistics.md. The same seed draws the same suites.
 */
import { createRandom } from '../src/core/stats/basics/random.js';
import { observe } from './observe.js';
import { ERRORS, POWERS } from './scenarios.js';
import { searchWorst } from './search.js';
import { rowOf, TABLE_HEAD } from './table.js';

const isLong = process.argv.includes('--long');
const suites = isLong ? 10_000 : 200;
const seed = 1;

process.stdout.write(TABLE_HEAD);
for (const scenario of [...ERRORS, ...POWERS]) process.stdout.write(rowOf(observe(scenario, { suites, seed })));
const worst = searchWorst({
  shapes: isLong ? 1_000 : 30,
  suites: { first: isLong ? 500 : 40, again: suites },
  random: createRandom(seed, 'worst case'),
});
process.stdout.write(rowOf({ ...worst, name: `worst found: ${worst.name}` }));
