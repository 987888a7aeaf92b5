/** The folders of runs: each is made whole or not at all, and one process at a time writes to it. */
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describeError, Unfinished, UserError } from '../core/errors.js';
import type { LogRecord, MachineRecord, RunRecord, SampleRecord } from '../core/log/log.js';
import { TrialSet } from '../core/plan/trial-set.js';
import { openLog, readLog } from '../files/log.js';
import { describeHolder, type Lock, type Taken, tryLock } from '../system/lock.js';
import { type Definitions, tasksOf } from './definitions.js';
import type { World } from './world.js';

const LOG = 'log.jsonl';

/**
 * Makes the folder of a new run, with its definition, machine and samples in its log. The folder gets its name when these are written,
 * so every folder with the name of a run can be resumed.
 */
export function createRun(
  out: string,
  record: Omit<RunRecord, 'id'>,
  rest: readonly (MachineRecord | SampleRecord)[],
): string {
  const name = record.started.slice(0, 19).replaceAll(':', '-');
  const making = join(out, `.${name}.${process.pid}`);
  try {
    mkdirSync(making, { recursive: true });
  } catch (cause) {
    throw new UserError(
      `--out ${out}: expected a folder that can be written, found none (${(cause as NodeJS.ErrnoException).code}); choose another`,
      { cause },
    );
  }
  for (let n = 1; ; n++) {
    const id = n === 1 ? name : `${name}-${n}`;
    const folder = join(out, id);
    if (existsSync(folder)) continue;
    rmSync(join(making, LOG), { force: true });
    writeDefinition(join(making, LOG), [{ ...record, id }, ...rest], out);
    try {
      renameSync(making, folder);
      return folder;
    } catch (cause) {
      // Another run of the same second took the name after `existsSync` had looked.
      if (!existsSync(folder))
        throw new UserError(`${folder}: the folder cannot be made (${describeError(cause)})`, { cause });
    }
  }
}

/** @throws Unfinished when the disk is full. */
function writeDefinition(file: string, records: readonly LogRecord[], out: string): void {
  const log = openLog(file);
  try {
    for (const record of records) log.append(record);
  } catch (cause) {
    if (!(cause instanceof Unfinished)) throw cause;
    rmSync(dirname(file), { recursive: true, force: true });
    throw new Unfinished(`--out ${out}: the disk is full, and nothing was measured; make room, or choose another`, {
      cause,
    });
  } finally {
    log.close();
  }
}

export interface EarlierRun {
  readonly folder: string;
  readonly definitions: Definitions;
  /** The trials whose outcome is in the log. */
  readonly recorded: TrialSet;
}

/** Reads from a log all that is needed to go on with its run. @throws UserError when this is not the folder of a run. */
export async function openRun(reference: string): Promise<EarlierRun> {
  const file = logOf(reference);
  let record: RunRecord | null = null;
  const samples: SampleRecord[] = [];
  const recorded = new TrialSet();
  for await (const entry of readLog(file)) {
    if (entry.type === 'run') record ??= entry;
    else if (entry.type === 'sample') samples.push(entry);
    else if (entry.type === 'measurement') recorded.add(entry);
  }
  if (record === null) throw new UserError(`${file}: expected the log of a run, found no run in it; start a new one`);
  const { id, started, command, machine, part, prices, ...planned } = record;
  return {
    folder: dirname(file),
    definitions: {
      record: planned,
      models: record.models.map((model) => ({ model, directory: directoryOf(record!, model.id) })),
      samples,
      tasks: tasksOf(record.suites),
    },
    recorded,
  };
}

/** A model may have any name, `constructor` too. */
function directoryOf({ directories }: RunRecord, model: string): string {
  return (Object.hasOwn(directories, model) && directories[model]) || '.';
}

/** The log in a folder, or the file itself. @throws UserError when there is none. */
export function logOf(reference: string, cwd = '.'): string {
  const path = resolve(cwd, reference);
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, LOG) : path;
  if (!existsSync(file)) {
    throw new UserError(
      `${path}: expected the folder of a run (with a ${LOG} in it), found ${existsSync(path) ? 'none inside' : 'nothing there'}; see the folders in reports/`,
    );
  }
  return file;
}

/** One process writes to a run. @throws UserError when another one does. */
export async function lockRun(folder: string, { command }: Pick<World, 'command'>): Promise<Lock> {
  const path = join(folder, '.lock');
  let lock: Lock | Taken;
  try {
    lock = await tryLock(path, command.join(' '));
  } catch (cause) {
    throw new UserError(`${path}: the folder cannot be written (${describeError(cause)})`, { cause });
  }
  if (lock.state === 'held') return lock;
  throw new UserError(
    `${folder}: expected a run that nobody is writing to, found ${describeHolder(lock.holder)}; wait for it, or stop it`,
  );
}
