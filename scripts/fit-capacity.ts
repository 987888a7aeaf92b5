/**
 * Fits the constants of the step time and writes them with their accuracy. The rows are not part of this repository:
 *
 *     npx tsx scripts/fit-capacity.ts FOLDER [--date 2026-11-29]
 *
 * reads FOLDER/calibrate.csv, leaves groups and devices out to see how far predictions are off, fits all rows, and writes
 * src/core/capacity/catalogue/constants.ts and several-devices.ts. What it prints is what `npm run bench -- capacity` judges.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Calibration, countRows } from '../src/core/capacity/step/calibration.js';
import { type Constants, fitConstants, LEVELS, SOFTWARE } from '../src/core/capacity/step/fit.js';
import { leaveOut, observationsOf, severalDevices, spreadsOf } from './capacity/judge.js';
import { readMeasured } from './capacity/rows.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { date: { type: 'string', default: new Date().toISOString().slice(0, 10) } },
});
const [folder] = positionals;
if (folder === undefined) throw new Error('expected a folder with calibrate.csv');

const { measured, leftOut } = await readMeasured(folder, 'calibrate.csv');
process.stderr.write(`${measured.length} measurements; left out: ${JSON.stringify(Object.fromEntries(leftOut))}\n`);
const known = leaveOut(measured, ({ group }) => group).filter(({ basis }) => basis === 'pair');
const unseen = leaveOut(measured, ({ traits }) => traits.device).filter(({ basis }) => basis === 'kind');
const otherEngine = leaveOut(measured, ({ traits }) => `${traits.device} ${traits.engine}`).filter(
  ({ basis }) => basis === 'device',
);
const judged = [...known, ...otherEngine, ...unseen];
const calibration: Calibration = {
  date: values.date,
  rows: countRows(measured),
  constants: rounded(fitConstants(observationsOf(measured))),
  spreads: spreadsOf(judged),
};
for (const [name, { low, high, groups }] of Object.entries(calibration.spreads))
  process.stdout.write(`${name}: ${Math.exp(low).toFixed(2)} to ${Math.exp(high).toFixed(2)}, ${groups} groups\n`);
writeFileSync(
  join(import.meta.dirname, '../src/core/capacity/catalogue/constants.ts'),
  `// biome-ignore-all lint/suspicious/noApproximativeNumericConstant: these numbers are fitted.
/** Written by scripts/fit-capacity.ts. Do not edit: fit again. */
import type { Calibration } from '../step/calibration.js';

export const CALIBRATION: Calibration = ${JSON.stringify(calibration, round)};
`,
);

writeFileSync(
  join(import.meta.dirname, '../src/core/capacity/catalogue/several-devices.ts'),
  `/** Written by scripts/fit-capacity.ts. Do not edit: fit again. */
import type { SeveralDevices } from '../step/calibration.js';

export const SEVERAL_DEVICES: SeveralDevices = ${JSON.stringify(severalDevices(measured, judged), round)};
`,
);

/** Parts that change a time by less than a hundredth are left out, but each key stays: it says that rows were seen. */
function rounded(constants: Constants): Constants {
  return Object.fromEntries(
    SOFTWARE.map((software) => [
      software,
      Object.fromEntries(
        LEVELS.map((level) => [
          level,
          Object.fromEntries(
            Object.entries(constants[software][level]).map(([key, terms]) => [
              key,
              Object.fromEntries(Object.entries(terms).filter(([, value]) => Math.abs(value) >= 0.01)),
            ]),
          ),
        ]),
      ),
    ]),
  ) as Constants;
}

function round(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toFixed(3)) : value;
}
