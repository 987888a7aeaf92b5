/** `rightsize compare`: what changed, and the exit codes of its gates. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { LogRecord } from '../../src/core/log/log.js';
import { rightsizeHere } from '../support/cli.js';
import { type LogOrder, makeLog } from '../support/log.js';

const ORDER: LogOrder = {
  tasks: [{ name: 'route', samples: 240 }],
  models: [{ id: 'small', class: 'slm', quality: 0.8 }],
};

const folder = mkdtempSync(join(tmpdir(), 'rightsize-compare-'));

/** The folder of a run with this log. */
function runOf(name: string, order: Partial<LogOrder>, change = (records: LogRecord[]) => records): string {
  const run = join(folder, name);
  mkdirSync(run);
  const records = change(makeLog({ ...ORDER, ...order, id: name }));
  writeFileSync(join(run, 'log.jsonl'), records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  return run;
}

const base = runOf('base', {});
const same = runOf('same', {});
const worse = runOf('worse', { models: [{ id: 'small', class: 'slm', quality: 0.6 }] });
const half = runOf('half', { cutAfter: 360 });

test('a comparison without a gate ends with 0, whatever it finds', async () => {
  const { code, stdout } = await rightsizeHere(['compare', base, worse]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/Quality .*worse/);
  expect(stdout).toMatch(/\d+ samples flipped/);
});

test.each([
  ['nothing changed', same, 0],
  ['a loss', worse, 1],
  ['half of a run', half, 2],
])('a gate ends with the code of its state: %s', async (_, candidate, expected) => {
  const { code, stdout, stderr } = await rightsizeHere(['compare', base, candidate, '--gate']);
  expect(code, `${stdout}${stderr}`).toBe(expected);
});

test.each([
  [['--by', 'quality=3 points'], /expected --gate or --gate-strict beside it/],
  [['--gate', '--by', 'qualty=3 points'], /expected one of quality, .*found "qualty=3 points"/],
  [['--gate', '--by', 'quality=lots'], /expected a share above 0 and below 1/],
  [['--gate', '--model', 'large'], /expected one of its models \(small\), found large/],
  [['--gate', '--by', 'decodeRate=5%'], null],
])('what cannot be gated ends with 2: %j', async (flags, message) => {
  const { code, stderr, stdout } = await rightsizeHere(['compare', base, same, ...flags]);
  expect(code, stderr).toBe(2);
  if (message === null) expect(stdout).toContain('measure both with `rightsize ab`');
  else expect(stderr.replace(/\s+/g, ' ')).toMatch(message);
});

test('a baseline stands for its run, in a file without outputs', async () => {
  const file = join(folder, 'baseline.json');
  const written = await rightsizeHere(['baseline', 'write', base, '-o', file]);
  expect(written.code, written.stderr).toBe(0);
  expect(readFileSync(file, 'utf8')).not.toContain('answer 1');
  const [fromFile, fromRun] = await Promise.all(
    [file, base].map((first) => rightsizeHere(['compare', first, worse, '--gate', '--json'])),
  );
  expect(fromFile!.code).toBe(1);
  const gatesOf = (text: string) => JSON.parse(text).comparisons[0].gates;
  expect(gatesOf(fromFile!.stdout)).toEqual(gatesOf(fromRun!.stdout));
  writeFileSync(file, readFileSync(file, 'utf8').replace('"score": 1', '"score": 7'));
  const spoilt = await rightsizeHere(['compare', file, worse, '--gate']);
  expect(spoilt.code).toBe(2);
  expect(spoilt.stderr).toMatch(/baseline\.json: .*score.*write it again with `rightsize baseline write`/);
});

test('the files for CI and the words on GitHub name the red gate', async () => {
  const out = join(folder, 'ci');
  const summary = join(folder, 'summary.md');
  const { code, stderr } = await rightsizeHere(['compare', base, worse, '--gate', '--out', out], {
    env: { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary },
  });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^::error title=rightsize::quality: red/m);
  expect(readFileSync(summary, 'utf8')).toBe(readFileSync(join(out, 'comment.md'), 'utf8'));
  expect(readdirSync(out).sort()).toEqual([
    'bencher.json',
    'benchmark-bigger-is-better.json',
    'benchmark-smaller-is-better.json',
    'comment.md',
    'comparison.json',
    'comparison.md',
    'junit.xml',
  ]);
  const metrics = JSON.parse(readFileSync(join(out, 'bencher.json'), 'utf8'));
  expect(metrics.small.quality).toEqual({ value: expect.closeTo(0.6, 1) });
  const bigger = JSON.parse(readFileSync(join(out, 'benchmark-bigger-is-better.json'), 'utf8'));
  expect(bigger.map(({ name }: { name: string }) => name)).toContain('small decodeRate median');
  const smaller = JSON.parse(readFileSync(join(out, 'benchmark-smaller-is-better.json'), 'utf8'));
  expect(smaller.map(({ name }: { name: string }) => name)).toContain('small ttft p95');
});

test('a self-test shows that the gates turn red', async () => {
  const { code, stderr } = await rightsizeHere(['compare', base, same, '--gate', '--self-test']);
  expect(code, stderr).toBe(0);
  expect(stderr).toContain('every gate turned red');
});

test('power is required where it is asked for', async () => {
  const [few, many] = await Promise.all(
    [40, 480].map(async (samples) => {
      const run = runOf(`of ${samples}`, { tasks: [{ name: 'route', samples }] });
      return rightsizeHere(['compare', run, run, '--gate', '--by', 'quality=3 points', '--require-power']);
    }),
  );
  expect(few!.code).toBe(1);
  expect(few!.stderr).toMatch(/the gate does not see enough: quality sees a loss of 5\.0 points in \d+\.\d% of builds/);
  expect(many!.code).toBe(0);
});

test('two models of one run are compared by their names', async () => {
  const { code, stdout } = await rightsizeHere([
    'compare',
    'test/golden/pair',
    '--base-model',
    'reference-llm',
    '--new-model',
    'reference-slm',
  ]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^reference-llm .* against reference-slm/);
  const unnamed = await rightsizeHere(['compare', 'test/golden/pair']);
  expect(unnamed.code).toBe(2);
  expect(unnamed.stderr).toMatch(/name them with --base-model and --new-model, or name a second run/);
});
