/** `rightsize history`: the figures of runs over time, and where they changed. */
import { writeFile } from 'node:fs/promises';
import { Command } from '@commander-js/extra-typings';
import { UserError } from '../core/errors.js';
import { DEFAULTS } from '../run/defaults.js';
import { jsonOption } from './options.js';

export const history = () =>
  new Command('history')
    .description('tell where the figures of runs changed over time, and with which commit')
    .option('--dir <dir>', 'the folder of the history', DEFAULTS.history)
    .option('--html <file>', 'write a page with a chart of each figure; best beside the history')
    .addOption(jsonOption())
    .action(async ({ dir, html, json }) => {
      const { history: read, historyPageOf } = await import('../run/history.js');
      const trends = await read({ folder: dir });
      if (html !== undefined) await writePage(html, await historyPageOf(trends));
      process.stdout.write(json ? `${JSON.stringify(trends, null, 2)}\n` : await inText(trends));
    })
    .addCommand(add());

async function inText(trends: Awaited<ReturnType<typeof import('../run/history.js').history>>): Promise<string> {
  const [{ historyBlocks }, { renderBlocks }, { stdoutTerminal }] = await Promise.all([
    import('../core/report/history.js'),
    import('../core/report/terminal.js'),
    import('./stdout.js'),
  ]);
  return renderBlocks('History', historyBlocks(trends), stdoutTerminal({ piped: 100, widest: 140 }));
}

async function writePage(file: string, page: string): Promise<void> {
  try {
    await writeFile(file, page);
  } catch (cause) {
    throw new UserError(
      `--html ${file}: the page cannot be written (${(cause as NodeJS.ErrnoException).code}); choose another place`,
      { cause },
    );
  }
}

const add = () =>
  new Command('add')
    .description('add the figures of runs; a run that is there already is left out')
    .argument('<run...>', 'the folder of a run, or its log.jsonl')
    .option('--dir <dir>', 'the folder of the history', DEFAULTS.history)
    .action(async (runs, { dir }) => {
      const { addToHistory } = await import('../run/history.js');
      const { added, known } = await addToHistory(runs, { folder: dir });
      const rest = known > 0 ? `, ${known} were there already` : '';
      process.stdout.write(`${dir}: ${added.length} added${rest}\n`);
    });
