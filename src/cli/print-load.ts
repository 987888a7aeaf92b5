/** Runs a load test, shows how it goes, and writes and prints its reports. */
import type { LoadTest } from '../core/load/load-test.js';
import { wasSpoilt } from '../core/load/step.js';
import { resumeCommand } from '../core/report/commands.js';
import type { ReporterName } from '../core/report/table.js';
import type { GateRequest } from '../run/compare.js';
import { isOver, type LoadOptions, load, resumeLoad } from '../run/load.js';
import type { LoadDefinition } from '../run/load-definition.js';
import { displayPath } from '../system/path.js';
import { endIncomplete, interruption, unlessInterrupted } from './interruption.js';
import { showLoadProgress } from './load-progress.js';
import { printReports } from './print-reports.js';
import { screenOn } from './screen.js';
import { type Terminal, worldIn } from './terminal.js';

export interface PrintLoadOptions
  extends Pick<LoadOptions, 'catalogue' | 'whenBusy' | 'selfTest' | 'fleet' | 'judge' | 'programs' | 'allowScorers'> {
  readonly out: string;
  readonly reports?: readonly ReporterName[] | undefined;
  /** Whether stdout gets summary.json in place of tables. */
  readonly json?: true | undefined;
  readonly quiet?: true | undefined;
  readonly gates?: GateRequest | undefined;
}

export type WantedTest = { readonly definition: LoadDefinition } | { readonly resume: string };

export async function printLoad(terminal: Terminal, wanted: WantedTest, options: PrintLoadOptions): Promise<void> {
  const { out, reports, json, quiet, gates, ...surroundings } = options;
  const signal = interruption(terminal);
  const progress = showLoadProgress(quiet || json ? 'quiet' : 'shown', screenOn(terminal));
  const within: LoadOptions = { ...worldIn(terminal), ...surroundings, signal, onEvent: progress.onEvent };
  const testing = 'resume' in wanted ? resumeLoad(wanted.resume, within) : load({ ...wanted.definition, out }, within);
  const tested = await unlessInterrupted(testing, signal);
  progress.end();
  if (tested === null) return endIncomplete(terminal, 'the load test was interrupted before it held anything');
  const { complete, reason, folder, test } = tested;
  if (!complete) {
    // Its budget, or the limit of its server, would end it again.
    const isSpent = test.models.some(({ steps }) => isOver(steps.at(-1)?.record.ending));
    const command = resumeCommand('load', terminal.command, displayPath(folder, terminal.cwd));
    endIncomplete(terminal, `the load test is incomplete (${reason})${isSpent ? '' : `; finish it with: ${command}`}`);
  } else if (restsOnInvalid(test)) {
    endIncomplete(terminal, 'the answer rests on steps that the client spoilt; what to do stands below their table');
  }
  const { suites } = await printReports(terminal, [folder], { reports, json });
  if (gates === undefined) return;
  const [{ gateLoad }, { printGates }] = await Promise.all([import('../run/gate.js'), import('./print-run-gates.js')]);
  const run = terminal.exitCode === 3 ? 'incomplete' : 'complete';
  terminal.exitCode = printGates(terminal, gateLoad(test, suites, gates), run);
}

/** Each load that the user named is an answer. A search leaves out invalid steps, and may have no other that tells. */
function restsOnInvalid({ rule, models }: LoadTest): boolean {
  return models.some(
    ({ steps, capacity }) =>
      (rule === null || capacity?.load === null) && steps.some(({ result }) => wasSpoilt(result)),
  );
}
