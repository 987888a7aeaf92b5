/** `rightsize history`: the figures of runs over time, and where they changed. */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { UserError } from '../core/errors.js';
import { DEFAULTS } from '../run/defaults.js';
import { jsonOption } from './options.js';
import { type Terminal, tableOptions, worldIn } from './terminal.js';

export const history = (terminal: Terminal) =>
  new Command()
    .option('--dir <dir>', 'the folder of the history', DEFAULTS.history)
    .option('--html <file>', 'write a page with a chart of each figure; best beside the history')
    .addOption(jsonOption())
    .action(async ({ dir, html, json }) => {
      const { history: read, historyPageOf } = await import('../run/history.js');
      const trends = await read({ ...worldIn(terminal), folder: dir });
      if (html !== undefined) await writePage(resolve(terminal.cwd, html), await historyPageOf(trends));
      terminal.stdout.write(json ? `${JSON.stringify(trends, null, 2)}\n` : await inText(trends, terminal));
    })
    .addCommand(add(terminal));

async function inText(
  trends: Awaited<ReturnType<typeof import('../run/history.js').history>>,
  terminal: Terminal,
): Promise<string> {
  const [{ historyBlocks }, { renderBlocks }] = await Promise.all([
    import('../core/report/history.js'),
    import('../core/report/terminal.js'),
  ]);
  return renderBlocks('History', historyBlocks(trends), tableOptions(terminal, { piped: 100, widest: 140 }));
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

const add = (terminal: Terminal) =>
  new Command('add')
    .description('add the figures of runs; a run that is there already is left out')
    .argument('<run...>', 'the folder of a run, or its log.jsonl')
    .option('--dir <dir>', 'the folder of the history', DEFAULTS.history)
    .action(async (runs, { dir }) => {
      const { addToHistory } = await import('../run/history.js');
      const { added, known } = await addToHistory(runs, { ...worldIn(terminal), folder: dir });
      const rest = known > 0 ? `, ${known} were there already` : '';
      terminal.stdout.write(`${dir}: ${added.length} added${rest}\n`);
    });
