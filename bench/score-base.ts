/**
 * The scorers of this build against those of another one (`RIGHTSIZE_BASE`, its folder `dist`). Each pair is a process of its own,
 * which judges the same outputs with both: see score-batches.mjs.
 */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SCORER_NAMES } from '../src/core/score/table.js';
import { compared, type Figure, type Pair, type Skipped } from './part.js';
import { KINDS, type Kind, SHAPES } from './score-rows.js';

const PROGRAM = fileURLToPath(new URL('score-batches.mjs', import.meta.url));
const OURS = fileURLToPath(new URL('../dist', import.meta.url));
const ROWS = 2000;

interface Comparison {
  /** The folder `dist` of the other build. */
  readonly base: string;
  /** A folder for files that may go. */
  readonly folder: string;
  readonly pairs: number;
}

export async function* againstBase(comparison: Comparison): AsyncGenerator<Figure | Skipped> {
  const named = SCORER_NAMES.map((name) => ({ what: name as string, scorer: name, kind: KINDS[name] }));
  const shapes = Object.entries(SHAPES).map(([what, { scorer, ...kind }]) => ({ what, scorer, kind }));
  for (const { what, scorer, kind } of [...named, ...shapes]) {
    const rows = join(comparison.folder, 'rows.jsonl');
    writeFileSync(rows, Array.from({ length: ROWS }, (_, i) => `${JSON.stringify(kind.row(i))}\n`).join(''));
    yield await figureOf(what, { scorer, kind, rows }, comparison);
  }
}

async function figureOf(
  what: string,
  { scorer, kind, rows }: { readonly scorer: string; readonly kind: Kind; readonly rows: string },
  { base, pairs }: Comparison,
): Promise<Figure | Skipped> {
  const found: Pair[] = [];
  try {
    for (let n = 0; n < pairs; n++) {
      const builds = [OURS, resolve(base)];
      const turned = n % 2 === 0 ? builds : builds.toReversed();
      const task = [PROGRAM, scorer, JSON.stringify(kind.options ?? {}), rows, ...turned];
      const { stdout } = await promisify(execFile)(process.execPath, task);
      const micros = (JSON.parse(stdout) as number[]).map((seconds) => seconds * 1e6);
      const [ours, theirs] = n % 2 === 0 ? micros : micros.toReversed();
      found.push({ ours: ours!, theirs: theirs! });
    }
  } catch (error) {
    return { what, skipped: /Error: (.*)/.exec(String((error as { stderr?: string }).stderr))?.[1] ?? String(error) };
  }
  return compared(found, {
    what,
    unit: 'us an output',
    goal: { atLeast: 1 / 1.1 },
    better: 'less',
    against: 'the other build',
  });
}
