/** Analyses logs: one run, or several side by side. */
import { basename, dirname } from 'node:path';
import { startAnalysis } from '../core/analyse/analyse.js';
import type { Analysis } from '../core/analyse/analysis.js';
import { combineRuns, type LabelledRun } from '../core/analyse/combine.js';
import { UserError } from '../core/errors.js';
import { type LoadTest, startLoadTest } from '../core/load/load-test.js';
import type { LoadSettings, LogRecord, RunRecord } from '../core/log/log.js';
import { readLog } from '../files/log.js';

export async function analyseLog(log: string): Promise<Analysis> {
  const fold = startAnalysis();
  for await (const record of readLog(log)) fold.add(record);
  return fold.finish();
}

export interface ReadRun {
  readonly analysis: Analysis;
  /** What it found, if the run is a load test. */
  readonly load: LoadTest | null;
}

/** Reads a log once. @param beside Takes each record too. */
export async function readRun(log: string, beside?: { add(record: LogRecord): void }): Promise<ReadRun> {
  const [analysis, load] = [startAnalysis(), startLoadTest()];
  for await (const record of readLog(log)) {
    analysis.add(record);
    load.add(record);
    beside?.add(record);
  }
  return { analysis: analysis.finish(), load: load.finish() };
}

/** @throws UserError when runs and load tests are among them, or load tests that cannot be compared. */
export async function readTogether(logs: readonly string[]): Promise<ReadRun> {
  const labels = labelsOf(logs.map((log) => basename(dirname(log))));
  const runs = await Promise.all(logs.map(async (log, i) => ({ label: labels[i]!, run: await runRecordOf(log) })));
  requireAlike(runs);
  const { run, relabel } = combineRuns(runs);
  const [analysis, load] = [startAnalysis(), startLoadTest()];
  analysis.add(run);
  load.add(run);
  for (const [index, log] of logs.entries()) {
    for await (const record of readLog(log)) {
      for (const own of relabel(index, record)) {
        analysis.add(own);
        load.add(own);
      }
    }
  }
  return { analysis: analysis.finish(), load: load.finish() };
}

/** What load tests must have in common, or their figures do not tell the same: what to say where it differs. */
const ALIKE: readonly { readonly what: string; readonly of: (load: LoadSettings) => unknown }[] = [
  { what: 'the same objectives', of: ({ objectives }) => objectives },
  { what: 'the same search', of: ({ find }) => find?.least ?? null },
  { what: 'the same synthetic prompts', of: ({ synthetic }) => synthetic ?? null },
];

/** @throws UserError */
function requireAlike(runs: readonly LabelledRun[]): void {
  const [first, ...others] = runs as readonly [LabelledRun, ...LabelledRun[]];
  const settings = first.run.settings.load;
  for (const { label, run } of others) {
    const { load } = run.settings;
    if ((load === undefined) !== (settings === undefined)) {
      const [a, b] = settings === undefined ? ['runs', 'a load test'] : ['load tests', 'a run'];
      throw new UserError(
        `${label}: expected ${a} to report side by side, found ${b}; give it to \`rightsize report\` alone`,
      );
    }
    if (load === undefined || settings === undefined) continue;
    const differs = ALIKE.find(({ of }) => JSON.stringify(of(load)) !== JSON.stringify(of(settings)));
    if (differs === undefined) continue;
    throw new UserError(
      `${label}: expected a load test with ${differs.what} as ${first.label}, found ${JSON.stringify(differs.of(load))} in place of ${JSON.stringify(differs.of(settings))}; report them one at a time`,
    );
  }
}

/** Labels stand behind the names of models, so they are short: the folders' names, or only the time when all runs are of one day. */
function labelsOf(folders: readonly string[]): readonly string[] {
  const days = new Set(folders.map((folder) => /^\d{4}-\d\d-\d\dT(?=.)/.exec(folder)?.[0]));
  const [day] = days;
  return day !== undefined && days.size === 1 ? folders.map((folder) => folder.slice(day.length)) : folders;
}

async function runRecordOf(log: string): Promise<RunRecord> {
  for await (const record of readLog(log)) if (record.type === 'run') return record;
  throw new UserError(`${log}: expected the log of a run, found no run in it`);
}
