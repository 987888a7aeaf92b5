/** Runs a load test, shows how it goes, and prints what was found. */
import Table from 'cli-table3';
import type { LoadTest } from '../core/load/load-test.js';
import { isMissing } from '../core/quantity.js';
import { type LoadReport, loadReports } from '../core/report/load.js';
import { plain } from '../core/report/text.js';
import { breakText } from '../core/report/width.js';
import { type LoadOptions, load, resumeLoad } from '../run/load.js';
import type { LoadDefinition } from '../run/load-definition.js';
import { displayPath } from '../system/path.js';
import { endIncomplete, interruption, unlessInterrupted } from './interruption.js';
import { showLoadProgress } from './load-progress.js';

export interface PrintLoadOptions extends Pick<LoadOptions, 'catalogue' | 'whenBusy' | 'selfTest'> {
  readonly out: string;
  /** Whether stdout gets one JSON document in place of tables. */
  readonly json?: true | undefined;
  readonly quiet?: true | undefined;
}

export type WantedTest = { readonly definition: LoadDefinition } | { readonly resume: string };

export async function printLoad(wanted: WantedTest, options: PrintLoadOptions): Promise<void> {
  const { catalogue, whenBusy, selfTest, out, json, quiet } = options;
  const signal = interruption();
  const progress = showLoadProgress(quiet || json ? 'quiet' : 'shown');
  const surroundings: LoadOptions = {
    command: ['rightsize', ...process.argv.slice(2)],
    catalogue,
    whenBusy,
    selfTest,
    signal,
    onEvent: progress.onEvent,
  };
  const testing =
    'resume' in wanted ? resumeLoad(wanted.resume, surroundings) : load({ ...wanted.definition, out }, surroundings);
  const tested = await unlessInterrupted(testing, signal);
  progress.end();
  if (tested === null) return endIncomplete('the load test was interrupted before it held anything');
  const { complete, reason, folder, test, log } = tested;
  if (!complete) {
    endIncomplete(`the load test is incomplete (${reason}); finish it with: rightsize load --resume ${folder}`);
  } else if (restsOnInvalid(test)) {
    endIncomplete('the answer rests on steps that the client spoilt; what to do stands below their table');
  }
  if (json) {
    process.stdout.write(`${JSON.stringify(test, null, 2)}\n`);
    return;
  }
  process.stdout.write(`${loadReports(test).map(inText).join('\n\n')}\n\nEverything behind it: ${displayPath(log)}\n`);
}

function inText({ model, sentences, head, rows, notes }: LoadReport): string {
  const columns = Math.min(process.stdout.columns ?? 120, 120);
  const wrapped = (text: string) => breakText(plain(text), columns, 'words').join('\n');
  const lines = [...sentences, ...(rows.length === 0 ? [`${model}: no step came to its end`] : [])].map(wrapped);
  if (rows.length === 0) return lines.join('\n');
  const table = new Table({ head: [...head], style: { head: [], border: [], compact: true } });
  for (const row of rows) table.push([...row]);
  return [...lines, `${plain(model)}:`, table.toString(), ...notes.map(wrapped)].join('\n');
}

/** Each load that the user named is an answer. A search leaves out what is invalid, and may have nothing left. */
function restsOnInvalid({ rule, models }: LoadTest): boolean {
  if (rule !== null) return models.some(({ steps, capacity }) => steps.length > 0 && capacity?.load === null);
  return models.some(({ steps }) =>
    steps.some(({ result: { window } }) => !isMissing(window) && !window.validity.valid),
  );
}
