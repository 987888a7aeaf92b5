/**
 * How fast rightsize itself is, and how true its numbers are:
 *
 *     npm run bench [-- PART …] [--pairs 5] [--only WEIGHTS] [--out bench/results.json]
 *
 * runs all parts or those named, prints a table and writes JSON. What a part needs (weights, upstream's programs, Python) and
 * does not find is skipped, with the reason. Read README.md beside this file for what the figures mean.
 */
import { writeFileSync } from 'node:fs';
import { register } from 'node:module';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { describeError } from '../src/core/errors.js';
import { type Figure, type Part, type Skipped, verdictOf } from './part.js';
import { describeGoal, describeSpread } from './words.js';

register('./built.mjs', import.meta.url);

const PARTS: Readonly<Record<string, () => Promise<Part>>> = {
  'llama-cpp': async () => (await import('./llama-cpp.js')).llamaCppPart,
  onnxruntime: async () => (await import('./onnxruntime.js')).onnxruntimePart,
  throughput: async () => (await import('./throughput.js')).throughputPart,
  memory: async () => (await import('./memory.js')).memoryPart,
  repeatability: async () => (await import('./repeatability.js')).repeatabilityPart,
  overhead: async () => (await import('./overhead.js')).overheadPart,
  score: async () => (await import('./score.js')).scorePart,
  'load-client': async () => (await import('./load-client.js')).loadClientPart,
  'load-long': async () => (await import('./load-long.js')).loadLongPart,
  'load-spoilt': async () => (await import('./load-spoilt.js')).loadSpoiltPart,
  load: async () => (await import('./load.js')).loadPart,
  'load-real': async () => (await import('./load-real.js')).loadRealPart,
  timestamps: async () => (await import('./timestamps.js')).timestampsPart,
  capacity: async () => (await import('./capacity.js')).capacityPart,
  fleet: async () => (await import('./fleet.js')).fleetPart,
  'capacity-memory': async () => (await import('./capacity-memory.js')).capacityMemoryPart,
  'capacity-load': async () => (await import('./capacity-load.js')).capacityLoadPart,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pairs: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    out: { type: 'string', default: join(import.meta.dirname, 'results.json') },
  },
});
const pairs = Number(values.pairs);
if (!Number.isInteger(pairs) || pairs < 1)
  throw new Error(`--pairs: expected a whole number from 1 up, found ${values.pairs}`);
for (const name of positionals) {
  if (!Object.hasOwn(PARTS, name)) throw new Error(`expected a part (${Object.keys(PARTS).join(', ')}), found ${name}`);
}

const wants = (name: string) => name.includes(values.only);
const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), node: process.version };
process.stderr.write(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}\n`);
const table = new Table({
  head: ['', 'goal', 'figure, median (range)', 'against', 'ratio (range)', ''],
  style: { head: [], border: [] },
  wordWrap: true,
});
const results: Record<string, unknown>[] = [];
for (const name of positionals.length > 0 ? positionals : Object.keys(PARTS)) {
  const part = await PARTS[name]!();
  process.stderr.write(`${name}: ${part.about}\n`);
  try {
    for await (const measured of part.measure({ pairs, wants })) show(name, measured);
  } catch (error) {
    show(name, { what: `the rest of ${name}`, skipped: `it failed: ${describeError(error)}` });
    process.exitCode = 1;
  }
}
process.stdout.write(`${table.toString()}\n`);

function show(part: string, measured: Figure | Skipped): void {
  const row = rowOf(measured);
  process.stderr.write(`  ${row.filter((cell) => cell !== '').join(' | ')}\n`);
  const verdict = 'skipped' in measured ? {} : { verdict: verdictOf(measured) };
  results.push({ part, ...measured, ...verdict, load: loadavg()[0] });
  table.push(row);
  // After every figure: a bench takes long, and may be cut short.
  writeFileSync(values.out, `${JSON.stringify({ machine, pairs, results }, null, 2)}\n`);
}

function rowOf(measured: Figure | Skipped): string[] {
  if ('skipped' in measured) return [measured.what, '', `skipped: ${measured.skipped}`, '', '', ''];
  const { what, unit, goal, ours, against } = measured;
  return [
    what,
    goal === null ? '' : describeGoal(goal, against ? '' : unit),
    describeSpread(ours, unit),
    against ? `${against.what}: ${describeSpread(against.theirs, unit)}` : '',
    against ? describeSpread(against.ratio, '') : '',
    verdictOf(measured),
  ];
}
