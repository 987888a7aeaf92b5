/** Keeps the figures of runs in a history, and tells where they changed. */
import { dirname, relative, resolve } from 'node:path';
import { UserError } from '../core/errors.js';
import { entriesOf, type HistoryEntry, type Trend, trendsOf } from '../core/regress/history.js';
import { shellCommand } from '../core/report/text.js';
import { appendHistory, readHistory } from '../files/history.js';
import { DEFAULTS } from './defaults.js';
import { pageAssets } from './page-assets.js';
import { logOf } from './runs.js';
import { openSource } from './versions.js';
import { type World, worldOf } from './world.js';

export interface HistoryOptions extends Partial<Pick<World, 'cwd'>> {
  /** The folder of the history; `history` by default. */
  readonly folder?: string | undefined;
}

export interface AddedRuns {
  readonly added: readonly HistoryEntry[];
  /** Entries that the history has already. */
  readonly known: number;
}

/** @throws UserError when a run is incomplete, or its machine is not known. */
export async function addToHistory(runs: readonly string[], options: HistoryOptions = {}): Promise<AddedRuns> {
  const { cwd } = worldOf(options);
  const folder = resolve(cwd, options.folder ?? DEFAULTS.history);
  const found = (await Promise.all(runs.map((run) => entriesOfRun(run, { cwd, folder })))).flat();
  const known = new Set((await readHistory(folder)).map(keyOf));
  const added = found.filter((entry) => !known.has(keyOf(entry)));
  await appendHistory(folder, added);
  return { added, known: found.length - added.length };
}

async function entriesOfRun(
  run: string,
  { cwd, folder }: { readonly cwd: string; readonly folder: string },
): Promise<readonly HistoryEntry[]> {
  const place = relative(folder, dirname(logOf(run, cwd)));
  const source = await openSource(run, cwd);
  return source.models.flatMap((model) => {
    const version = source.version(model);
    if (version.incomplete !== null) {
      throw new UserError(
        `${resolve(cwd, run)}: expected a complete run, found one that is not (${version.incomplete}); finish it with: ${shellCommand(['rightsize', 'run', '--resume', run])}`,
      );
    }
    return entriesOf(version, place);
  });
}

function keyOf({ suite, machine, model, run }: HistoryEntry): string {
  return JSON.stringify([suite, machine.id, model, run]);
}

/** A page with a chart of each figure. The links lead from the folder of the history to the reports of the runs. */
export async function historyPageOf(trends: readonly Trend[]): Promise<string> {
  const [{ historyPage }, { style }] = await Promise.all([import('../core/report/history.js'), pageAssets()]);
  return historyPage(trends, style);
}

/** Every figure of the history over time, with its change points. */
export async function history(options: HistoryOptions = {}): Promise<readonly Trend[]> {
  return trendsOf(await readHistory(resolve(worldOf(options).cwd, options.folder ?? DEFAULTS.history)));
}
