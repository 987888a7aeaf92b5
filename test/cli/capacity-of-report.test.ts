/** The flags of `rightsize report` that ask about capacity: the same ones as those of `rightsize capacity`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { capacity } from '../../src/cli/capacity.js';
import { capacityAsked } from '../../src/cli/capacity-options.js';
import { report } from '../../src/cli/report.js';
import type { CapacityAsked } from '../../src/run/capacity.js';
import { flagsOf } from '../../src/run/capacity-flags.js';
import { folderWith, parsed, ROOT, rightsizeHere } from '../support/cli.js';

type Flags = Parameters<typeof capacityAsked>[0];

const asked = (command: typeof report | typeof capacity, flags: readonly string[]): CapacityAsked =>
  capacityAsked(parsed(command, ['reports/RUN', ...flags])[1] as Flags);

const LOAD: readonly (readonly string[])[] = [
  ['--rate', '5', '--arrivals', 'gamma:2', '--headroom', '0.25'],
  ['--users', '200', '--think', 'lognormal:10s,1', '--headroom', '0.2'],
  ['--find', 'rate', '--arrivals', 'poisson', '--headroom', '0.2'],
  ['--find', 'users', '--think', 'exp:10s', '--headroom', '0.2'],
  ['--find', 'concurrency', '--headroom', '0.2'],
  [],
];

describe.each(LOAD.map((flags) => [flags]))('%j', (load) => {
  const before = [
    '--model',
    'a',
    '--model',
    'b=qwen3-4b',
    '--models',
    'mine.json',
    '--device',
    'l4',
    '--device',
    '2xh100',
  ];
  const lengths = ['--prompt', 'lognormal:500,0.5', '--output', '20', '--context', '8192'];
  const engine = ['--engine', 'llama.cpp-cpu', '--cache-type', 'q8_0'];
  const after = ['--objective', 'ttft p95 <= 1 s', '--slots', '4', '--api-price', '0.15,0.6', '--seed', '7'];
  const flags = [...before, ...lengths, ...engine, ...load, ...(load.length > 0 ? after : after.slice(2))];

  test('means the same to both commands', () => {
    expect(asked(report, flags)).toEqual(asked(capacity, flags));
  });

  test('is what the report prints of its question', () => {
    expect(flagsOf(asked(report, flags))).toEqual(flags);
  });
});

test('a wrong flag gives one sentence', () => {
  expect(() => asked(report, ['--rate', '5', '--users', '3'])).toThrow(/cannot be used with option '--users <n>'/);
});

test('any of the flags asks, and two runs are too many then', async () => {
  const runs = ['test/golden/pair', 'test/golden/troubled'];
  const { code, stderr } = await rightsizeHere(['report', ...runs, '--out', '/nowhere/at/all', '--slots', '4']);
  expect(stderr).toBe(
    'rightsize: expected one run beside flags that ask about capacity, found 2; report each run by itself\n',
  );
  expect(code).toBe(2);
});

test('the page shows the charts of load and cost in a section that its head leads to', async () => {
  const cwd = folderWith({});
  const flags = [
    '--model',
    'reference-slm',
    '--device',
    'pi-5',
    '--rate',
    '5',
    '--slots',
    '4',
    '--reports',
    'html,charts',
  ];
  const { code, stderr } = await rightsizeHere(['report', join(ROOT, 'test/golden/pair'), ...flags, '--out', 'out'], {
    cwd,
  });
  expect(code, stderr).toBe(0);
  const page = readFileSync(join(cwd, 'out/report.html'), 'utf8');
  for (const name of ['memory', 'memory-by-kind', 'load', 'ttft', 'cost-quality']) {
    expect(page).toContain(`data-chart="capacity-${name}"`);
    expect(readdirSync(join(cwd, 'out/charts'))).toContain(`capacity-${name}.png`);
  }
  expect(page).toContain('<a href="#capacity">Capacity</a>');
  expect(page).toContain('<section id="capacity"');
});
