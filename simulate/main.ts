/**
 * Do verdicts hold their promise? Suites are drawn whose truth is known, and `recommend()` judges each:
 *
 *     npm run simulate                             200 suites a scenario, the worst of 30 shapes: about two minutes
 *     npm run simulate -- --long                   10,000 suites a scenario, the worst of 1,000 shapes: hours
 *     npm run simulate -- --suites 2000 --only groups --shapes 0
 *     npm run simulate -- --orders LOG             the answers of a run, asked as --until-sure would have, in 20 seeded orders
 *     npm run simulate -- orders --seed 2          the same of suites that are drawn (10, or --suites N)
 *
 * It prints the table of docs/statistics.md. The same seed draws the same suites. `--long` keeps its rows in simulate/rows.json (or
 * `--rows FILE`), two hundred suites at a time, and goes on with them when it is called again. Several processes may share
 * the scenarios: `--part 1/2` and `--part 2/2`.
 *
 *     npm run simulate -- gate      the gates of two versions, in gate/main.ts: some minutes
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createRandom } from '../src/core/stats/basics/random.js';
import { simulateGates } from './gate/main.js';
import { type Counts, observe } from './observe.js';
import { ordersOf, ordersOfDrawn } from './orders-table.js';
import { continueRow, hashOfCode } from './rows.js';
import { ERRORS, POWERS, type Scenario } from './scenarios.js';
import { searchWorst } from './search.js';
import { rowOf, TABLE_HEAD } from './table.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    long: { type: 'boolean', default: false },
    suites: { type: 'string' },
    shapes: { type: 'string' },
    only: { type: 'string', default: '' },
    rows: { type: 'string' },
    part: { type: 'string', default: '1/1' },
    orders: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
});
const SEED = 1;
/** The search draws other suites of a shape than those that show how bad it is. */
const SEED_OF_SEARCH = 2;

if (values.orders !== undefined) process.stdout.write(await ordersOf(values.orders));
else if (positionals[0] === 'gate')
  simulateGates({ unchanged: 2_000, changed: 1_000, seed: SEED }, (text) => process.stdout.write(text));
else if (positionals[0] === 'orders')
  ordersOfDrawn(Number(values.suites ?? 10), Number(values.seed), (text) => process.stdout.write(text));
else simulateVerdicts();

type Observe = (scenario: Scenario, options: { readonly suites: number; readonly seed: number }) => Counts;

function simulateVerdicts(): void {
  const suites = Number(values.suites ?? (values.long ? 10_000 : 200));
  const shapes = Number(values.shapes ?? (values.long ? 1_000 : 30));
  const rows = values.rows ?? (values.long ? fileURLToPath(new URL('rows.json', import.meta.url)) : null);
  const look = rows === null ? observe : keeping(rows);
  const [part, parts] = values.part.split('/').map(Number);
  const scenarios = [...ERRORS, ...POWERS].filter(
    ({ name }, i) => name.includes(values.only) && i % parts! === part! - 1,
  );
  process.stdout.write(TABLE_HEAD);
  for (const scenario of scenarios) process.stdout.write(rowOf(scenario.name, look(scenario, { suites, seed: SEED })));
  if (shapes === 0) return;
  const forSearch = values.long ? 500 : 40;
  const worst = searchWorst({
    shapes,
    random: createRandom(SEED, 'worst case'),
    observe: (scenario, purpose) =>
      purpose === 'search'
        ? look({ ...scenario, name: `search: ${scenario.name}` }, { suites: forSearch, seed: SEED_OF_SEARCH })
        : look(scenario, { suites, seed: SEED }),
  });
  process.stdout.write(rowOf(`worst found: ${worst.name}`, worst.counts));
}

function keeping(file: string): Observe {
  const codes = { fixed: hashOfCode({ isSequential: false }), sequential: hashOfCode({ isSequential: true }) };
  return (scenario, { suites, seed }) => {
    const code = scenario.isSequential === true ? codes.sequential : codes.fixed;
    for (;;) {
      const row = continueRow(scenario, { file, code, seed, suites });
      if (row.suites >= suites) return row;
    }
  };
}
