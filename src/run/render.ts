/** Renders: a log in, every report out, byte for byte the same each time. */
import { lstat, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Analysis } from '../core/analyse/analysis.js';
import type { RunCapacity } from '../core/capacity/plan/answer.js';
import { Unfinished, UserError } from '../core/errors.js';
import type { LoadTest } from '../core/load/load-test.js';
import { optionsOf, recommend } from '../core/recommend/recommend.js';
import type { Recommendation } from '../core/recommend/recommendation.js';
import type { Artifact } from '../core/report/artifact.js';
import type { CsvBeginning } from '../core/report/samples.js';
import { REPORTER_NAMES, type ReporterName, renderReports } from '../core/report/table.js';
import { loadPrices } from '../files/price-list.js';
import { openPainter } from '../render/painter.js';
import { isFullDisk } from '../system/path.js';
import type { CapacityAsked } from './capacity.js';
import type { MeasuredWorkload } from './capacity-workload.js';
import { changesBetween } from './compare.js';
import { pageAssets } from './page-assets.js';
import { readRun, readTogether } from './read.js';
import { logOf } from './runs.js';
import { type World, worldOf } from './world.js';

export interface RenderOptions extends Partial<Pick<World, 'cwd' | 'environment' | 'signal'>> {
  /** The reports to render; without it, all. */
  readonly reports?: readonly ReporterName[] | undefined;
  /** A file with devices and prices of the user's own, in place of those that the log has. */
  readonly prices?: string | undefined;
  /** The model that every other one is held against, whatever its class; without it, that of the run, if it has one. */
  readonly reference?: string | undefined;
  /** What the report says of the run's capacity, as `capacity` is asked about it; without it, nothing is simulated for that. */
  readonly capacity?: CapacityAsked | undefined;
  /** How samples.csv begins. Excel wants a byte order mark. */
  readonly csv?: CsvBeginning | undefined;
}

export interface Rendered {
  readonly analysis: Analysis;
  readonly recommendation: Recommendation;
  /** What it found, if the run is a load test. */
  readonly load: LoadTest | null;
  readonly artifacts: readonly Artifact[];
  /** Where these reports belong: the run's own folder; for several runs, one beside the first, with the names of all. */
  readonly folder: string;
}

/**
 * Renders the reports of a run, or of several runs side by side. Nothing is written: see `writeArtifacts`.
 *
 * @param runs Folders of runs, or logs.
 * @throws UserError when a log is at fault, or capacity is asked of several runs.
 */
export async function render(runs: readonly string[], options: RenderOptions = {}): Promise<Rendered> {
  const { cwd } = worldOf(options);
  refuseCapacityOfSeveral(runs, options);
  const { reports = REPORTER_NAMES, reference } = options;
  const logs = runs.map((run) => logOf(run, cwd));
  const prices = await loadPrices(options.prices && resolve(cwd, options.prices));
  const painter = reports.includes('charts') ? openPainter() : null;
  try {
    const workload = options.capacity && (await import('./capacity-workload.js')).startWorkload(runs[0]!, { cwd });
    const { analysis, load } = logs.length === 1 ? await readRun(logs[0]!, workload) : await readTogether(logs);
    const recommendation = recommend(analysis, {
      ...(prices && optionsOf(prices)),
      ...(reference !== undefined && { reference }),
    });
    const isShown = reports.some((report) => report === 'html' || report === 'markdown');
    const [first, second, ...others] = isShown ? runs : [];
    // Each run is read again by itself: side by side, its models have other names.
    const comparisons =
      load === null && first !== undefined && second !== undefined && others.length === 0
        ? await changesBetween([first, second], cwd)
        : [];
    const page = reports.includes('html') ? { page: await pageAssets() } : {};
    const artifacts = await renderReports(
      {
        analysis,
        recommendation,
        load: load ?? undefined,
        comparisons,
        capacity: workload && (await capacityAnswer(runs[0]!, workload.finish(analysis, load), options)),
        csv: options.csv,
        ...page,
        ...(painter && { drawPng: painter.draw }),
      },
      reports,
    );
    return { analysis, recommendation, load, artifacts, folder: folderOf(logs) };
  } finally {
    await painter?.close();
  }
}

/** @throws UserError */
function refuseCapacityOfSeveral(runs: readonly string[], { capacity }: RenderOptions): void {
  if (capacity === undefined || runs.length === 1) return;
  throw new UserError(
    `expected one run beside flags that ask about capacity, found ${runs.length}; report each run by itself`,
  );
}

/** The log and the question alone decide what it says. */
async function capacityAnswer(
  run: string,
  measured: MeasuredWorkload,
  { capacity: asked, prices, ...options }: RenderOptions,
): Promise<RunCapacity | undefined> {
  if (asked === undefined) return undefined;
  const { cwd, environment, signal } = worldOf(options);
  const [{ capacityOf, reportOf }, { flagsOf }] = await Promise.all([
    import('./capacity.js'),
    import('./capacity-flags.js'),
  ]);
  const question = { ...asked, run, prices };
  const answer = await capacityOf(question, measured, { cwd, environment, signal, shapesFrom: 'log' });
  return { ...reportOf(answer), flags: flagsOf({ ...asked, prices }) };
}

function folderOf(logs: readonly string[]): string {
  const folders = logs.map(dirname);
  return folders.length === 1
    ? folders[0]!
    : join(dirname(folders[0]!), folders.map((folder) => basename(folder)).join('+'));
}

/** Writes reports into a folder. @throws UserError when the folder cannot be written. */
export async function writeArtifacts(artifacts: readonly Artifact[], folder: string): Promise<void> {
  for (const { path, content } of artifacts) await writeArtifact(join(folder, ...safeParts(path)), content);
}

/**
 * A log may come from a stranger, and names in it make the names of files: each part of a path becomes the name of a file or
 * folder in the folder of the reports.
 */
function safeParts(path: string): string[] {
  const parts = path.split(/[/\\]/).filter((part) => !/^\.*$/.test(part));
  return parts.map(
    (part) =>
      part
        .replace(/[^\p{L}\p{N}._+()-]+/gu, '-')
        .replace(/^\.+/, '')
        .slice(-200) || '-',
  );
}

async function writeArtifact(file: string, content: string | Uint8Array): Promise<void> {
  try {
    // A link that came with the folder would lead elsewhere.
    for (const part of [dirname(file), file]) if (await isLink(part)) await rm(part);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  } catch (cause) {
    if (isFullDisk(cause)) {
      throw new Unfinished(
        `${file}: the disk is full; the log is kept; make room, then write the reports with: rightsize report`,
        { cause },
      );
    }
    throw new UserError(
      `${file}: the report cannot be written (${(cause as NodeJS.ErrnoException).code}); choose another folder with --out`,
      { cause },
    );
  }
}

async function isLink(file: string): Promise<boolean> {
  return lstat(file).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );
}
