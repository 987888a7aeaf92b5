/**
 * Whether hostile input can hang, crash or rob the program:
 *
 *     npm run fuzz [-- PART …] [--long] [--seed 1] [--case 17] [--out fuzz/results.json]
 *
 * tries all parts or those named, prints a table and every fault with the case that showed it, and exits 1 when there was one.
 * A case depends on the seed and its number, so `--case` tries one again. docs/reliability.md holds the figures.
 */
import { writeFileSync } from 'node:fs';
import { register } from 'node:module';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { createRandom } from '../src/core/stats/basics/random.js';
import type { Outcome, Part } from './part.js';

register('../bench/built.mjs', import.meta.url);

const PARTS: Readonly<Record<string, () => Promise<Part>>> = {
  definitions: async () => (await import('./definitions.js')).definitions,
  weights: async () => (await import('./weights.js')).weights,
  streams: async () => (await import('./streams.js')).streams,
  templates: async () => (await import('./templates.js')).templates,
  patterns: async () => (await import('./patterns.js')).patterns,
  logs: async () => (await import('./logs.js')).logs,
  kills: async () => (await import('./kills.js')).kills,
  fleet: async () => (await import('./fleet.js')).fleet,
  cut: async () => (await import('./cut.js')).cut,
  titles: async () => (await import('./titles.js')).titles,
};

/** Cases between two words about how far it is. */
const PROGRESS = 10;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    long: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    case: { type: 'string' },
    out: { type: 'string' },
  },
});
for (const name of positionals) {
  if (!Object.hasOwn(PARTS, name)) throw new Error(`expected a part (${Object.keys(PARTS).join(', ')}), found ${name}`);
}
const seed = wholeNumber('--seed', values.seed);

const head = ['', 'cases', 'how they ended', 'longest, s', 'most memory, MiB', 'faults'];
const table = new Table({ head, style: { head: [], border: [] }, wordWrap: true, colWidths: [null, null, 40] });
const results: Record<string, unknown>[] = [];
for (const name of positionals.length > 0 ? positionals : Object.keys(PARTS)) {
  const part = await PARTS[name]!();
  process.stderr.write(`${name}: ${part.about}\n`);
  add(name, await tryAll(name, part));
}
process.stdout.write(`${table.toString()}\n`);
if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify({ seed, results }, null, 2)}\n`);

async function tryAll(name: string, part: Part): Promise<readonly Outcome[]> {
  const count = values.long ? part.cases.long : part.cases.quick;
  const numbers =
    values.case === undefined ? Array.from({ length: count }, (_, i) => i) : [wholeNumber('--case', values.case)];
  const trial = await part.open();
  const outcomes: Outcome[] = [];
  try {
    // All takers share one iterator, so each takes the next case when it is free.
    const queue = numbers.values();
    const takeCases = async () => {
      for (const number of queue) {
        const outcome = await trial.attempt(createRandom(seed, name, number), number);
        outcomes.push(outcome);
        for (const fault of outcome.faults) process.stderr.write(`  case ${number}: ${fault}\n    ${outcome.again}\n`);
        if (outcomes.length % PROGRESS === 0) process.stderr.write(`  ${outcomes.length} of ${numbers.length} cases\n`);
      }
    };
    await Promise.all(Array.from({ length: part.atOnce ?? 1 }, takeCases));
  } finally {
    await trial.close();
  }
  return outcomes;
}

function add(name: string, outcomes: readonly Outcome[]): void {
  const ends = new Map<string, number>();
  for (const { ended } of outcomes) ends.set(ended, (ends.get(ended) ?? 0) + 1);
  const longest = Math.max(...outcomes.map(({ took }) => took));
  const memory = Math.max(...outcomes.map((outcome) => outcome.memory));
  const faulty = outcomes.filter(({ faults }) => faults.length > 0).length;
  const ended = [...ends].map(([end, count]) => `${count} ${end}`).join(', ');
  table.push([name, outcomes.length, ended, longest.toFixed(1), Math.round(memory / 2 ** 20), faulty]);
  results.push({ part: name, cases: outcomes.length, ends: Object.fromEntries(ends), longest, memory, faulty });
  if (faulty > 0) process.exitCode = 1;
}

function wholeNumber(flag: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`${flag}: expected a whole number from 0 up, found ${text}`);
  return Number(text);
}
