/** `rightsize report`: a log in, every report out, byte for byte the same each time. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { startAnalysis } from '../core/analyse/analyse.js';
import { UserError } from '../core/errors.js';
import { recommend } from '../core/recommend/recommend.js';
import type { PageAssets } from '../core/report/html/page.js';
import { renderReports } from '../core/report/table.js';
import { renderTerminal } from '../core/report/terminal.js';
import { displayPath } from '../files/document.js';
import { readLog } from '../files/log.js';
import { logOf } from './runs.js';

export interface ReportFlags {
  readonly out?: string;
  readonly json?: boolean;
}

export async function report(reference: string, flags: ReportFlags): Promise<void> {
  const log = logOf(reference);
  await printRun(log, { out: flags.out ?? dirname(log), json: flags.json === true });
}

export interface PrintOptions {
  /** Where the reports are written. */
  readonly out: string;
  /** Whether stdout gets summary.json, or tables. */
  readonly json: boolean;
}

/** Writes every artifact of a log and prints its summary. @throws UserError when the log or the folder is at fault. */
export async function printRun(log: string, { out, json }: PrintOptions): Promise<void> {
  const fold = startAnalysis();
  for await (const record of readLog(log)) fold.add(record);
  const analysis = fold.finish();
  const recommendation = recommend(analysis);

  const artifacts = await renderReports({ analysis, recommendation, page: await pageAssets() });
  for (const { path, content } of artifacts) await writeArtifact(join(out, path), content);
  if (json) {
    process.stdout.write(String(artifacts.find(({ path }) => path === 'summary.json')!.content));
    return;
  }
  const color = process.stdout.isTTY === true && !process.env.NO_COLOR;
  process.stdout.write(
    renderTerminal(analysis, recommendation, { columns: Math.min(process.stdout.columns ?? 80, 120), color }),
  );
  process.stdout.write(`\nEverything behind it: ${displayPath(join(out, 'report.html'))}\n`);
}

/** The browser's part of report.html, bundled when rightsize was built. */
async function pageAssets(): Promise<PageAssets> {
  return JSON.parse(await readFile(new URL('../page.json', import.meta.url), 'utf8')) as PageAssets;
}

async function writeArtifact(file: string, content: string | Uint8Array): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  } catch (cause) {
    throw new UserError(
      `${displayPath(file)}: the report cannot be written (${(cause as NodeJS.ErrnoException).code}); choose another folder with --out`,
      { cause },
    );
  }
}
