/** `rightsize history`: runs are added once, changes are told, and the page is safe. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { HistoryEntry } from '../../src/core/regress/history.js';
import { rightsizeHere } from '../support/cli.js';
import { type ModelOrder, makeLog } from '../support/log.js';

const home = mkdtempSync(join(tmpdir(), 'rightsize-history-'));
const folder = join(home, 'history');

function runOf(name: string, model: Partial<ModelOrder> = {}): string {
  const run = join(home, 'reports', name);
  mkdirSync(run, { recursive: true });
  const log = makeLog({
    id: name,
    tasks: [{ name: 'route', samples: 40 }],
    models: [{ id: 'small', class: 'slm', quality: 0.8, ...model }],
  });
  writeFileSync(join(run, 'log.jsonl'), log.map((record) => `${JSON.stringify(record)}\n`).join(''));
  return run;
}

test('a run is added once, to the file of its suite and machine', async () => {
  const run = runOf('first');
  const added = await rightsizeHere(['history', 'add', run, '--dir', folder]);
  expect(added.stdout).toMatch(/: 1 added\n$/);
  const again = await rightsizeHere(['history', 'add', run, runOf('second'), '--dir', folder]);
  expect(again.stdout).toMatch(/: 1 added, 1 were there already\n$/);
  const [file, ...more] = readdirSync(folder);
  expect(more).toEqual([]);
  const entries = readFileSync(join(folder, file!), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as HistoryEntry);
  expect(entries.map(({ folder: place }) => place)).toEqual(['../reports/first', '../reports/second']);
});

test('a history of ten runs lets `compare` judge the speed of two', async () => {
  const [first, second] = [runOf('base', { itl: 0.002 }), runOf('same', { itl: 0.002 })];
  const dir = join(home, 'speeds');
  await rightsizeHere(['history', 'add', first, '--dir', dir]);
  const file = join(dir, readdirSync(dir)[0]!);
  const entry = JSON.parse(readFileSync(file, 'utf8')) as HistoryEntry;
  const earlier = Array.from({ length: 12 }, (_, i) => {
    const figures = {
      ...entry.figures,
      'decodeRate median': entry.figures['decodeRate median']! * (1 + 0.005 * (i % 3)),
    };
    return `${JSON.stringify({ ...entry, run: `earlier ${i}`, figures })}\n`;
  });
  writeFileSync(file, earlier.join(''));
  const gate = ['--history', dir, '--gate', '--by', 'decodeRate=5%'];
  const slower = runOf('slower', { itl: 0.003 });
  const [red, green, few] = await Promise.all([
    rightsizeHere(['compare', first, slower, ...gate]),
    rightsizeHere(['compare', first, second, ...gate]),
    rightsizeHere(['compare', first, slower, '--history', folder, '--gate', '--by', 'decodeRate=5%']),
  ]);
  expect([red!.code, green!.code, few!.code]).toEqual([1, 0, 2]);
  expect(few!.stdout).toContain('the history has too few runs of it');
});

const CHANGED = mkdtempSync(join(tmpdir(), 'rightsize-changed-'));
const LINES = Array.from({ length: 40 }, (_, i) => ({
  suite: 'desk',
  machine: { id: 'one', name: '<img src=x onerror=alert(1)>' },
  model: 'small',
  run: `run ${i}`,
  name: null,
  commit: `${'0123456789abcdef'[i % 16]}`.repeat(40),
  started: new Date(Date.UTC(2026, 0, 1 + i)).toISOString(),
  folder: i === 39 ? 'javascript:alert(1)' : `../reports/${i}`,
  figures: { 'decodeRate median': (i < 25 ? 100 : 80) + (i % 3) },
}));
writeFileSync(join(CHANGED, 'desk.one.jsonl'), LINES.map((line) => `${JSON.stringify(line)}\n`).join(''));

test('a change is told with the commit where it began', async () => {
  const { code, stdout } = await rightsizeHere(['history', '--dir', CHANGED]);
  expect(code).toBe(0);
  // A long name of a machine leaves the first columns narrow, so they go on in the next line.
  expect(stdout).toMatch(/2026-01-26, +Decode rate, +worse +101 tok\/s +81(\.\d)? tok\/s +−\d\d\.\d%/);
  expect(stdout).toMatch(/^9{7} +median/m);
  const json = await rightsizeHere(['history', '--dir', CHANGED, '--json']);
  expect(JSON.parse(json.stdout)).toMatchObject([{ metric: 'decodeRate', changes: [{ index: 25, outcome: 'worse' }] }]);
});

test('the page marks the change, links to the reports, and runs nothing', async () => {
  const page = join(CHANGED, 'index.html');
  await rightsizeHere(['history', '--dir', CHANGED, '--html', page]);
  const text = readFileSync(page, 'utf8');
  expect(text).toContain('<a href="./../reports/25/report.html">2026-01-26, 9999999</a>: worse');
  expect(text).toContain('stroke-dasharray');
  expect(text).not.toContain('<img');
  expect(text).not.toContain('<script');
  expect(text).not.toContain('javascript:');
});

test('a line that is no entry is one sentence with its place; a torn last line is left out', async () => {
  const torn = mkdtempSync(join(tmpdir(), 'rightsize-torn-'));
  const lines = LINES.map((line) => `${JSON.stringify(line)}\n`);
  writeFileSync(join(torn, 'a.jsonl'), `${lines.join('')}{"suite":`);
  expect((await rightsizeHere(['history', '--dir', torn])).stdout).toContain('40 runs');
  writeFileSync(join(torn, 'a.jsonl'), `${lines[0]}{"suite": 3}\n${lines[1]}`);
  const { code, stderr } = await rightsizeHere(['history', '--dir', torn]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/a\.jsonl:2: suite: .*remove the line/);
});
