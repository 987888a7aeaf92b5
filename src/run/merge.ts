/**
 * Joins parts of a run that were copied by hand into one run. A trial that several machines measured counts once: the completed
 * answer, else the one of the session that comes first. So the order of the parts does not matter.
 */
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { UserError } from '../core/errors.js';
import { sampleKey } from '../core/keys.js';
import type { LogRecord, MeasurementRecord, RunRecord, SampleRecord } from '../core/log/log.js';
import { openLog, readLog } from '../files/log.js';
import { sha256 } from '../system/hash.js';
import { DEFAULTS } from './defaults.js';
import { createRun, logOf } from './runs.js';
import { type World, worldOf } from './world.js';

export interface MergeOptions extends Partial<World> {
  /** The folder of the merged run. */
  readonly out?: string | undefined;
}

export interface Merged {
  readonly folder: string;
  readonly trials: number;
  /** Trials that more than one part has. */
  readonly twice: number;
  /** The number of these trials whose texts differ. */
  readonly differing: number;
}

/** The part of a trial that stays in memory while parts are read. */
interface Kept {
  readonly file: number;
  readonly state: MeasurementRecord['outcome']['state'];
  readonly session: string;
  /** The hash of the text; null if there is none. */
  readonly text: string | null;
}

/**
 * @param parts Folders with the log of a part, or the logs.
 * @throws UserError when they are not of one run.
 */
export async function merge(parts: readonly string[], options: MergeOptions = {}): Promise<Merged> {
  const { cwd } = worldOf(options);
  const files = parts.map((part) => logOf(part, cwd));
  const runs: { readonly record: RunRecord; readonly file: string }[] = [];
  const samples = new Map<string, SampleRecord>();
  const kept = new Map<string, Kept>();
  const repeated = new Set<string>();
  const differing = new Set<string>();
  for (const [index, file] of files.entries()) {
    for await (const record of readLog(file)) {
      if (record.type === 'run') runs.push({ record, file });
      else if (record.type === 'sample') samples.set(sampleKey(record), record);
      else if (record.type === 'measurement') {
        const found = keep(record, index);
        const known = kept.get(record.trial);
        if (known !== undefined && known.session !== found.session) {
          repeated.add(record.trial);
          if (known.text !== null && found.text !== null && known.text !== found.text) differing.add(record.trial);
        }
        if (known === undefined || takesPrecedence(found, known)) kept.set(record.trial, found);
      }
    }
  }
  const { id, ...run } = requireOneRun(runs, files);
  const trials = kept.size;
  const folder = createRun(resolve(cwd, options.out ?? DEFAULTS.out), run, [...samples.values()]);
  const log = openLog(logOf(folder));
  try {
    const written = new Set<string>();
    for (const [index, file] of files.entries()) {
      for await (const record of readLog(file)) {
        if (record.type === 'measurement') {
          const winner = kept.get(record.trial);
          if (winner?.file !== index || winner.session !== record.session) continue;
          kept.delete(record.trial);
          log.append(record);
        } else if (COPIED.has(record.type)) {
          const hash = sha256(JSON.stringify(record));
          if (written.has(hash)) continue;
          written.add(hash);
          log.append(record);
        }
      }
    }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  } finally {
    log.close();
  }
  return { folder, trials, twice: repeated.size, differing: differing.size };
}

/** All but the run, its samples and its measurements, which are written apart, and the ends of parts: the union is judged by its trials. */
const COPIED: ReadonlySet<LogRecord['type']> = new Set([
  'machine',
  'session',
  'session-end',
  'evidence',
  'self-test',
  'step',
  'resume',
  'model-failed',
]);

function keep({ session, outcome }: MeasurementRecord, file: number): Kept {
  const text = outcome.state === 'completed' ? sha256(outcome.output) : null;
  return { file, session, state: outcome.state, text };
}

function takesPrecedence(one: Kept, other: Kept): boolean {
  const failed = (kept: Kept) => Number(kept.state === 'failed');
  return failed(one) - failed(other) < 0 || (failed(one) === failed(other) && one.session < other.session);
}

function requireOneRun(
  runs: readonly { readonly record: RunRecord; readonly file: string }[],
  files: readonly string[],
): RunRecord {
  const [first] = runs;
  if (first === undefined) {
    throw new UserError(`${files[0]!}: expected the part of a run, found no run in it; name the folders of parts`);
  }
  const other = runs.find(({ record }) => keyOf(record) !== keyOf(first.record));
  if (other !== undefined) {
    throw new UserError(
      `${other.file}: expected a part of the run ${first.record.id}, found one of ${other.record.id}; merge parts of one run, or report runs side by side with: rightsize report A B`,
    );
  }
  return first.record;
}

function keyOf({ id, part, started }: RunRecord): string {
  return JSON.stringify([id, part ?? started]);
}
