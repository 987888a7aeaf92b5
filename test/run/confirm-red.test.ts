/** `run --gate` measures once more before it is red, and judges both looks together. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { exitCodeOf } from '../../src/core/regress/gate-report.js';
import type { GateRequest } from '../../src/run/compare.js';
import { confirmRed, gateRun } from '../../src/run/gate.js';
import { type MeasureOptions, measure } from '../../src/run/measure.js';
import { analyseLog } from '../../src/run/read.js';
import { folderWith } from '../support/cli.js';
import { scriptedWorker } from '../support/scripted-worker.js';

const SUITE = {
  name: 'sums',
  requirement: { limits: { e2e: { max: 2e-6, at: 'median' as const } } },
  tasks: [
    {
      name: 'add',
      prompt: { text: '{{ q }}' },
      samples: Array.from({ length: 60 }, (_, i) => ({ q: `${i}`, target: `${i}` })),
      scorer: 'exact' as const,
    },
  ],
};
const GATES: GateRequest = { burden: 'shown worse', gate: { model: 'small' } };

/** Each opening takes its own time for an answer. */
async function codeAfter(seconds: readonly number[]) {
  let opened = 0;
  const options: MeasureOptions = {
    cwd: folderWith({ 'models.json': { models: [{ id: 'small', class: 'slm', backend: 'scripted' }] } }),
    environment: { RIGHTSIZE_LOCK_DIR: 'locks' },
    openWorker: (loaded, opening) => scriptedWorker({ seconds: seconds[opened++]! }).openWorker(loaded, opening),
  };
  const first = await measure({ suites: [SUITE], models: ['small'], catalogue: 'models.json', warmup: 0 }, options);
  const { folder, log } = await confirmRed(first, GATES, options);
  expect(folder).toBe(first.folder);
  const trials = readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => line.includes('"type":"measurement"')).length;
  return { code: exitCodeOf(gateRun(await analyseLog(log), GATES), 'complete'), trials };
}

test.each([
  ['a green gate is not measured again', [1e-6], { code: 0, trials: 60 }],
  ['a red gate that stays red is measured once more', [4e-6, 4e-6], { code: 1, trials: 120 }],
  [
    'a red gate that only one look shows is not red: looks that contradict each other judge nothing',
    [3e-6, 1e-6],
    { code: 2, trials: 120 },
  ],
])('%s', async (_, seconds, expected) => {
  expect(await codeAfter(seconds)).toEqual(expected);
});
