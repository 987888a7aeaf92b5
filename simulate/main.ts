/**
 * Do verdicts hold their promise? Suites are drawn whose truth is known, and `recommend()` judges each:
 *
 *     npm run simulate                             200 suites a scenario, the worst of 30 shapes: about two minutes
 *     npm run simulate -- --long                   10,000 suites a scenario, the worst of 1,000 shapes: hours
 *     npm run simulate -- --suites 2000 --only groups --shapes 0
 *     npm run simulate -- --orders LOG             the answers of a run, asked as --until-sure would have, in 20 seeded orders
 *
 * It prints the table of docs/statistics.md. The same seed draws the same suites.
 *
 *     npm run simulate -- gate      the gates of two versions, in gate/main.ts: under an hour
 */
import { parseArgs } from 'node:util';
import { createRandom } from '../src/core/stats/basics/random.js';
import { simulateGates } from './gate/main.js';
import { observe } from './observe.js';
import { ordersOf } from './orders-table.js';
import { ERRORS, POWERS } from './scenarios.js';
import { searchWorst } from './search.js';
import { rowOf, TABLE_HEAD } from './table.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    long: { type: 'boolean', default: false },
    suites: { type: 'string' },
    shapes: { type: 'string' },
    only: { type: 'string', default: '' },
    orders: { type: 'string' },
  },
});
const SEED = 1;

if (values.orders !== undefined) process.stdout.write(await ordersOf(values.orders));
else if (positionals[0] === 'gate')
  simulateGates({ unchanged: 2_000, changed: 1_000, seed: SEED }, (text) => process.stdout.write(text));
else simulateVerdicts();

function simulateVerdicts(): void {
  const suites = Number(values.suites ?? (values.long ? 10_000 : 200));
  const shapes = Number(values.shapes ?? (values.long ? 1_000 : 30));
  process.stdout.write(TABLE_HEAD);
  for (const scenario of [...ERRORS, ...POWERS].filter(({ name }) => name.includes(values.only)))
    process.stdout.write(rowOf(observe(scenario, { suites, seed: SEED })));
  if (shapes === 0) return;
  const first = values.long ? 500 : 40;
  const worst = searchWorst({ shapes, suites: { first, again: suites }, random: createRandom(SEED, 'worst case') });
  process.stdout.write(rowOf({ ...worst, name: `worst found: ${worst.name}` }));
}
