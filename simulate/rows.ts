/**
 * The rows of the table, kept in a file, so that a long simulation may be stopped and continued, and spread over processes. A row goes
 * on only if the code that judged it is the same. A scenario is known by its name: one that is changed takes another name.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { addCounts, BATCH, type Counts, NOTHING_SEEN, observe } from './observe.js';
import type { Scenario } from './scenarios.js';

export interface Row extends Counts {
  /** What judged the suites, as a hash. */
  readonly code: string;
}

export type Rows = Readonly<Record<string, Row>>;

/** What is said beside a verdict, or of its device. It decides nothing. */
const SAID_BESIDE = ['remedies', 'changes', 'fit', 'machine-cost', 'devices', 'ttft-line'];

/** What draws and judges a suite, as one bundle without comments. The rules of looks count only where a suite is looked at early. */
export function hashOfCode({ isSequential }: { readonly isSequential: boolean }): string {
  const entryPoints = ['observe.ts', 'draw.ts'].map((name) => fileURLToPath(new URL(name, import.meta.url)));
  const { outputFiles } = buildSync({
    entryPoints,
    bundle: true,
    minify: true,
    write: false,
    outdir: '/',
    platform: 'node',
    format: 'esm',
    packages: 'external',
    external: [...SAID_BESIDE, ...(isSequential ? [] : ['looks'])].map((name) => `*/${name}.js`),
    legalComments: 'none',
  });
  const hash = createHash('sha256');
  for (const { text } of outputFiles) hash.update(text);
  return hash.digest('hex').slice(0, 12);
}

export function readRows(file: string): Rows {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Rows) : {};
}

/** The rows of other processes stay as they are. */
function keep(file: string, name: string, row: Row): void {
  const rows = { ...readRows(file), [name]: row };
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, `${JSON.stringify(rows, null, 2)}\n`);
  renameSync(unfinished, file);
}

export interface KeptOptions {
  readonly file: string;
  readonly code: string;
  readonly seed: number;
  readonly suites: number;
}

/** Suites at a time: less is lost if it is stopped. */
const STEP = 2 * BATCH;

/** Goes on with one row for some suites. @returns the row, and whether it has all of its suites. */
export function continueRow(scenario: Scenario, { file, code, seed, suites }: KeptOptions): Row {
  const kept = readRows(file)[scenario.name];
  const known = kept?.code === code ? kept : { ...NOTHING_SEEN, code };
  const missing = suites - known.suites;
  if (missing <= 0) return known;
  const more = observe(scenario, { suites: Math.min(STEP, missing), seed, from: known.suites });
  const row = { ...addCounts(known, more), code };
  keep(file, scenario.name, row);
  return row;
}
