/** `rightsize report`: a log in, every report out, byte for byte the same each time. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { PriceList } from '../core/definition/price-list.js';
import { UserError } from '../core/errors.js';
import { optionsOf, recommend } from '../core/recommend/recommend.js';
import { briefOf } from '../core/report/document/brief.js';
import type { PageAssets } from '../core/report/html/page.js';
import { REPORTER_NAMES, type ReporterName, renderReports } from '../core/report/table.js';
import { renderTerminal } from '../core/report/terminal.js';
import { loadPrices } from '../files/price-list.js';
import { openPainter } from '../render/painter.js';
import type { DrawPng } from '../render/png.js';
import { analyseLog, analyseTogether } from '../run/read.js';
import { logOf } from '../run/runs.js';
import { displayPath } from '../system/path.js';

export interface ReportFlags {
  readonly prices?: string;
  readonly out?: string;
  readonly reports?: string;
  readonly json?: boolean;
}

export async function report(references: readonly string[], flags: ReportFlags): Promise<void> {
  const reports = reportersIn(flags.reports);
  const logs = references.map(logOf);
  await printRuns(logs, {
    out: flags.out ?? defaultFolder(logs),
    reports,
    json: flags.json === true,
    prices: await loadPrices(flags.prices),
  });
}

/** A run's own folder; several runs have one beside the first, named after all of them. */
function defaultFolder(logs: readonly string[]): string {
  const folders = logs.map(dirname);
  return folders.length === 1
    ? folders[0]!
    : join(dirname(folders[0]!), folders.map((folder) => basename(folder)).join('+'));
}

/**
 * The reporters that `--reports` names, all when it is unsaid; the summary is what programs read, and always among them.
 *
 * @throws UserError
 */
export function reportersIn(list: string | undefined): readonly ReporterName[] {
  if (list === undefined) return REPORTER_NAMES;
  const asked = list.split(',').map((name) => name.trim());
  const unknown = asked.find((name) => !(REPORTER_NAMES as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new UserError(`--reports: expected some of ${REPORTER_NAMES.join(', ')}, with commas, found "${unknown}"`);
  return REPORTER_NAMES.filter((name) => name === 'summary' || asked.includes(name));
}

export interface PrintOptions {
  /** Where the reports are written. */
  readonly out: string;
  readonly reports: readonly ReporterName[];
  /** Whether stdout gets summary.json, or tables. */
  readonly json: boolean;
  /** Devices and prices of the user's own, in place of those that the log has. */
  readonly prices?: PriceList | undefined;
}

/**
 * Writes every artifact of a log, or of several side by side, and prints the summary.
 *
 * @throws UserError when a log or the folder is at fault.
 */
export async function printRuns(logs: readonly string[], options: PrintOptions): Promise<void> {
  const painter = options.reports.includes('charts') ? openPainter() : null;
  try {
    await print(logs, options, painter?.draw);
  } finally {
    await painter?.close();
  }
}

async function print(
  logs: readonly string[],
  { out, reports, json, prices }: PrintOptions,
  drawPng: DrawPng | undefined,
): Promise<void> {
  const analysis = await (logs.length === 1 ? analyseLog(logs[0]!) : analyseTogether(logs));
  const recommendation = recommend(analysis, prices && optionsOf(prices));

  const artifacts = await renderReports(
    { analysis, recommendation, page: await pageAssets(), ...(drawPng && { drawPng }) },
    reports,
  );
  for (const { path, content } of artifacts) await writeArtifact(join(out, path), content);
  if (json) {
    process.stdout.write(String(artifacts.find(({ path }) => path === 'summary.json')!.content));
    return;
  }
  const color = process.stdout.isTTY === true && !process.env.NO_COLOR;
  process.stdout.write(
    renderTerminal(briefOf(analysis, recommendation), { columns: Math.min(process.stdout.columns ?? 80, 120), color }),
  );
  const page = reports.includes('html') ? 'report.html' : 'summary.json';
  process.stdout.write(`Everything behind it: ${displayPath(join(out, page))}\n`);
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
