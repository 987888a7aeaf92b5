/** `--concurrency`: several trials in one worker, each with its own latency, and a worker that dies takes no bystander with it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { LogRecord } from '../../src/core/log/log.js';
import { folderWith, rightsizeHere } from '../support/cli.js';

const SAMPLES = Array.from({ length: 24 }, (_, i) => ({ id: `s${i}`, q: `${i} plus ${i}?`, target: String(2 * i) }));
const answers = Object.fromEntries(SAMPLES.map(({ q, target }) => [q, target]));
const suite = {
  name: 'sums',
  tasks: [{ name: 'double', prompt: { user: '{{ q }}' }, samples: SAMPLES, scorer: 'exact' }],
};

function filesWith(script: object) {
  const models = [
    { id: 'm', class: 'slm', backend: 'scripted', script: { ttft: 0.003, itl: 0.001, answers, ...script } },
  ];
  return { 'suite.yaml': suite, 'models.json': { default: ['m'], models } };
}

const RUN = ['run', '--suite', 'suite.yaml', '--concurrency', '4', '--quiet', '--reports', 'summary', '--json'];

function recordsIn(cwd: string): LogRecord[] {
  const [run] = readdirSync(join(cwd, 'reports'));
  const text = readFileSync(join(cwd, 'reports', run!, 'log.jsonl'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('trials that ran beside others say so, and their cell has a throughput and their latencies', async () => {
  const cwd = folderWith(filesWith({ realTime: true }));
  const { code, stdout } = await rightsizeHere(RUN, { cwd });
  expect(code).toBe(0);
  const measured = recordsIn(cwd).filter((record) => record.type === 'measurement');
  expect(measured).toHaveLength(24);
  expect(new Set(measured.map(({ condition }) => condition))).toEqual(new Set(['closed 4']));
  const [cell] = JSON.parse(stdout).suites[0].tasks[0].models;
  expect(cell.quality.value).toBe(1);
  expect(cell.throughput).toMatchObject({ concurrency: 4, n: 24 });
  expect(cell.throughput.tokensPerSecond).toBeGreaterThan(0);
  // On a busy machine, 24 times in a row may be too much alike for a median with an interval. A timer of Node may ring a millisecond early.
  expect(cell.metrics.ttft.n).toBe(24);
  expect(cell.metrics.ttft.min).toBeGreaterThan(0.002);
  expect(cell.metrics.prefillRate).toEqual({ missing: 'other answers were computed at the same time' });
  expect(cell.metrics.outputTokens.n).toBe(24);
});

test('a trial that kills its worker is the only one that is lost', async () => {
  const cwd = folderWith(filesWith({ crashOn: '7 plus 7?', realTime: true }));
  const { stdout } = await rightsizeHere(RUN, { cwd });
  const [cell] = JSON.parse(stdout).suites[0].tasks[0].models;
  expect(cell.trials).toMatchObject({ recorded: 24, completed: 23, failedByHarness: 1 });
  expect(cell.failures).toMatchObject([{ by: 'harness', kind: 'crash', count: 1 }]);
});
