/** Analyses logs: one run, or several side by side. */
import { basename, dirname } from 'node:path';
import { startAnalysis } from '../core/analyse/analyse.js';
import type { Analysis } from '../core/analyse/analysis.js';
import { combineRuns } from '../core/analyse/combine.js';
import { UserError } from '../core/errors.js';
import { type LoadTest, startLoadTest } from '../core/load/load-test.js';
import type { RunRecord } from '../core/log/log.js';
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

/** Reads a log once. */
export async function readRun(log: string): Promise<ReadRun> {
  const [analysis, load] = [startAnalysis(), startLoadTest()];
  for await (const record of readLog(log)) {
    analysis.add(record);
    load.add(record);
  }
  return { analysis: analysis.finish(), load: load.finish() };
}

/** @throws UserError when one of them is a load test. */
export async function analyseTogether(logs: readonly string[]): Promise<Analysis> {
  const labels = labelsOf(logs.map((log) => basename(dirname(log))));
  const runs = await Promise.all(logs.map(async (log, i) => ({ label: labels[i]!, run: await runRecordOf(log) })));
  const tested = runs.find(({ run }) => run.settings.load !== undefined);
  if (tested !== undefined) {
    throw new UserError(
      `${tested.label}: expected runs to report side by side, found a load test; give it to \`rightsize report\` alone`,
    );
  }
  const { run, relabel } = combineRuns(runs);
  const fold = startAnalysis();
  fold.add(run);
  for (const [index, log] of logs.entries()) {
    for await (const record of readLog(log)) for (const own of relabel(index, record)) fold.add(own);
  }
  return fold.finish();
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
