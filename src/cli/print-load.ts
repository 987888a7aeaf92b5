/** Runs a load test, shows how it goes, and prints what was found. */
import { plain } from '../core/report/text.js';
import { type LoadOptions, load, resumeLoad } from '../run/load.js';
import type { LoadDefinition } from '../run/load-definition.js';
import { displayPath } from '../system/path.js';
import { interruption } from './interruption.js';
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
  const tested = await testing;
  progress.end();
  if (!tested.complete) {
    process.exitCode = 3;
    process.stderr.write(
      `rightsize: ${plain(`the load test is incomplete (${tested.reason}); finish it with: rightsize load --resume ${tested.folder}`)}\n`,
    );
  }
  process.stdout.write(`Everything behind it: ${displayPath(tested.log)}\n`);
}
