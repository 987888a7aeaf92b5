/** `rightsize report`: a log in, every report out, byte for byte the same each time. */
import { Command } from '@commander-js/extra-typings';
import { REPORTERS } from '../core/report/table.js';
import { allowScorerOption, pricesOption, referenceOption, reportsOption } from './options.js';
import { type Terminal, worldIn } from './terminal.js';

const SUMMARIES = Object.entries(REPORTERS).map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`);

export const report = (terminal: Terminal) =>
  new Command()
    .argument('<run...>', 'the folder of a run, or its log.jsonl')
    .option('-o, --out <dir>', 'write the reports somewhere else')
    .addOption(pricesOption())
    .addOption(referenceOption())
    .addOption(reportsOption())
    .option('--rescore', 'ask scorers of your own again, which --allow-scorer allows to run')
    .addOption(allowScorerOption())
    .option('--bom', 'begin samples.csv with a byte order mark, for Excel')
    .option('--json', 'print summary.json instead of tables')
    .addHelpText('after', `\nReports:\n${SUMMARIES.join('\n')}`)
    .action(async (runs, { out, prices, reference, reports, bom, json, rescore: again, allowScorer }) => {
      if (again) {
        const say = (text: string) => void terminal.stderr.write(`rightsize: ${text}\n`);
        const { rescore } = await import('../run/rescore.js');
        for (const run of runs) await rescore(run, { ...worldIn(terminal), allowScorers: allowScorer, say });
      }
      const { printReports } = await import('./print-reports.js');
      await printReports(terminal, runs, { out, prices, reference, reports, csv: bom && 'byte order mark', json });
    });
