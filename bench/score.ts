/**
 * How fast `rightsize score` judges stored outputs, and in how much memory: for every scorer a file of outputs as it might get
 * them, right and wrong in turn; and a million of them for the plainest, whose memory is that of ten. The command line is run
 * as people run it, from dist/ (`npm run build`). Where `RIGHTSIZE_BASE` names the folder `dist` of another build, the scorers of both
 * are compared instead: see score-base.ts.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { isMissing } from '../src/core/quantity.js';
import { SCORER_NAMES, type ScorerName } from '../src/core/score/table.js';
import { sampleMemory } from '../src/worker/memory.js';
import { type Figure, type Part, spreadOf } from './part.js';
import { againstBase } from './score-base.js';
import { KINDS, type Kind } from './score-rows.js';

const CLI = fileURLToPath(new URL('../dist/main.js', import.meta.url));

const MANY = 1_000_000;
const SOME = 50_000;

export const scorePart: Part = {
  about: 'rightsize score: stored outputs a second, scorer by scorer, and the memory of a million',
  async *measure({ pairs }) {
    const base = process.env.RIGHTSIZE_BASE;
    const folder = mkdtempSync(join(tmpdir(), 'rightsize-bench-'));
    try {
      if (base !== undefined) {
        yield* againstBase({ base, folder, pairs });
        return;
      }
      const file = join(folder, 'rows.jsonl');
      await writeRows(file, KINDS.exact, MANY);
      yield* await figuresOf('exact', { file, rows: MANY, times: pairs, megabytes: 200 });
      for (const name of SCORER_NAMES) {
        if (name === 'exact') continue;
        await writeRows(file, KINDS[name], SOME);
        yield* await figuresOf(name, { file, rows: SOME, times: pairs, megabytes: null });
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

async function writeRows(file: string, { row }: Kind, count: number): Promise<void> {
  const stream = createWriteStream(file);
  for (let i = 0; i < count; i++) {
    if (!stream.write(`${JSON.stringify(row(i))}\n`)) await once(stream, 'drain');
  }
  stream.end();
  await finished(stream);
}

interface Measured {
  readonly file: string;
  readonly rows: number;
  readonly times: number;
  /** Goal of the peak memory; null for none. */
  readonly megabytes: number | null;
}

async function figuresOf(name: ScorerName, { file, rows, times, megabytes }: Measured): Promise<Figure[]> {
  const found = [];
  for (let n = 0; n < times; n++) found.push(await scoreFile(file, name));
  const what = `${name}: ${rows.toLocaleString('en')} stored outputs`;
  return [
    { what, unit: 'outputs/s', ours: spreadOf(found.map(({ seconds }) => rows / seconds)), goal: null },
    {
      what: `${what}, peak memory`,
      unit: 'MB',
      ours: spreadOf(found.map(({ bytes }) => bytes / 1e6)),
      goal: megabytes === null ? null : { atMost: megabytes },
    },
  ];
}

/** The whole command, its start included. */
async function scoreFile(file: string, name: ScorerName): Promise<{ seconds: number; bytes: number }> {
  const options = JSON.stringify(KINDS[name].options ?? {});
  const begin = performance.now();
  const child = spawn(process.execPath, [CLI, 'score', file, '--scorer', name, '--options', options, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const memory = sampleMemory([child.pid!], 20);
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += chunk;
  });
  const [code] = await once(child, 'close');
  const seconds = (performance.now() - begin) / 1000;
  const { peak } = await memory.stop();
  if (code !== 0) throw new Error(`rightsize score --scorer ${name} ended with exit code ${code}`);
  const { unscored } = JSON.parse(said);
  if (unscored.length > 0) throw new Error(`${name}: ${unscored[0].count} outputs are unscored: ${unscored[0].reason}`);
  if (isMissing(peak.resident)) throw new Error(peak.resident.missing);
  return { seconds, bytes: peak.resident.value };
}
