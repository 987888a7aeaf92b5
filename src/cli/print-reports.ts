/** Writes the reports of runs, and prints their summary. */
import { join, resolve } from 'node:path';
import type { Analysis } from '../core/analyse/analysis.js';
import type { LoadTest } from '../core/load/load-test.js';
import { briefOf } from '../core/report/document/brief.js';
import { loadSections } from '../core/report/document/load.js';
import type { CsvBeginning } from '../core/report/samples.js';
import type { ReporterName } from '../core/report/table.js';
import { renderBlocks, renderTerminal, type TerminalOptions } from '../core/report/terminal.js';
import type { CapacityAsked } from '../run/capacity.js';
import { render, writeArtifacts } from '../run/render.js';
import { displayPath } from '../system/path.js';
import { type Terminal, tableOptions, worldIn } from './terminal.js';

export interface PrintOptions {
  /** The folder that the reports are written to; without it, the run's own. */
  readonly out?: string | undefined;
  readonly reports?: readonly ReporterName[] | undefined;
  readonly prices?: string | undefined;
  /** The model that every other one is held against. */
  readonly reference?: string | undefined;
  /** What is asked of capacity; without it, the report says what one stream is like alone. */
  readonly capacity?: CapacityAsked | undefined;
  /** How samples.csv begins. */
  readonly csv?: CsvBeginning | undefined;
  /** Whether stdout gets summary.json in place of tables. */
  readonly json?: true | undefined;
}

/** @returns What was printed. @throws UserError when a log or the folder is at fault. */
export async function printReports(
  terminal: Terminal,
  runs: readonly string[],
  { out, json, ...options }: PrintOptions,
): Promise<Analysis> {
  const { analysis, recommendation, load, artifacts, folder } = await render(runs, {
    ...worldIn(terminal),
    ...options,
  });
  const target = out === undefined ? folder : resolve(terminal.cwd, out);
  await writeArtifacts(artifacts, target);
  if (json) {
    terminal.stdout.write(String(artifacts.find(({ path }) => path === 'summary.json')!.content));
    return analysis;
  }
  const screen = tableOptions(terminal, { piped: 80, widest: 120 });
  terminal.stdout.write(
    load === null ? renderTerminal(briefOf(analysis, recommendation), screen) : loadText(load, screen),
  );
  const page = artifacts.some(({ path }) => path === 'report.html') ? 'report.html' : 'summary.json';
  terminal.stdout.write(`Everything behind it: ${displayPath(join(target, page), terminal.cwd)}\n`);
  return analysis;
}

/** What a page folds is left to the page. */
function loadText(test: LoadTest, screen: TerminalOptions): string {
  return loadSections(test)
    .map(({ section: { heading, body } }) => {
      const shown = body.filter((block) => block.kind !== 'section' || !block.folded);
      return `${renderBlocks(heading, shown, screen)}\n`;
    })
    .join('');
}
