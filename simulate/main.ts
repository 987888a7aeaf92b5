/**
 * Do verdicts hold their promise? Suites are drawn whose truth is known, and `recommend()` judges each:
 *
 *     npm run simulate                             200 suites a scenario, the worst of 30 shapes: about two minutes
 *     npm run simulate -- --long                   10,000 suites a scenario, the worst of 1,000 shapes: hours
 *     npm run simulate -- --suites 2000 --only groups --shapes 0
 *     npm run simulate -- --orders LOG             the answers of a run, asked as --until-sure would have, in 20 seeded orders
 *
 * It prints the table of docs/statistics.md. The same seed draws the same suites.
 */
import { parseArgs } from 'node:util';
import { createRandom } from '../src/core/stats/basics/random.js';
import { observe } from './observe.js';
import { ordersOf } from './orders-table.js';
import { ERRORS, POWERS } from './scenarios.js';
import { searchWorst } from './search.js';
import { rowOf, TABLE_HEAD } from './table.js';

const { values } = parseArgs({
  options: {
    long: { type: 'boolean', default: false },
    suites: { type: 'string' },
    shapes: { type: 'string' },
    only: { type: 'string', default: '' },
    orders: { type: 'string' },
  },
});
if (values.orders !== undefined) {
  process.stdout.write(await ordersOf(values.orders));
  process.exit();
}

const suites = Number(values.suites ?? (values.long ? 10_000 : 200));
const shapes = Number(values.shapes ?? (values.long ? 1_000 : 30));
const seed = 1;

process.stdout.write(TABLE_HEAD);
for (const scenario of [...ERRORS, ...POWERS].filter(({ name }) => name.includes(values.only)))
  process.stdout.write(rowOf(observe(scenario, { suites, seed })));
if (shapes > 0) {
  const first = values.long ? 500 : 40;
  const worst = searchWorst({ shapes, suites: { first, again: suites }, random: createRandom(seed, 'worst case') });
  process.stdout.write(rowOf({ ...worst, name: `worst found: ${worst.name}` }));
}
