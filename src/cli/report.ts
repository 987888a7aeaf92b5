/** `rightsize report`: a log in, every report out, byte for byte the same each time. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { REPORTERS } from '../core/report/table.js';
import { capacityAsked, withCapacityOptions } from './capacity-options.js';
import { allowScorerOption, pricesOption, referenceOption, reportsOption } from './options.js';
import { type Terminal, worldIn } from './terminal.js';

const SUMMARIES = Object.entries(REPORTERS).map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`);

/** The heading of the flags that ask about capacity. */
const CAPACITY = 'With one of these, the report of one run also says what `rightsize capacity RUN` says with them:';

export const report = (terminal: Terminal) =>
  withCapacityOptions(
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
      .optionsGroup(CAPACITY),
    { model: 'of the models of the run, these alone; ID=WEIGHTS for one behind a server (repeatable)' },
  )
    .addHelpText('after', `\nReports:\n${SUMMARIES.join('\n')}`)
    .action(async (runs, flags, command) => {
      const { out, prices, reference, reports, bom, json, rescore: again, allowScorer } = flags;
      if (again) {
        const say = (text: string) => void terminal.stderr.write(`rightsize: ${text}\n`);
        const { rescore } = await import('../run/rescore.js');
        for (const run of runs) await rescore(run, { ...worldIn(terminal), allowScorers: allowScorer, say });
      }
      const { printReports } = await import('./print-reports.js');
      await printReports(terminal, runs, {
        out,
        prices,
        reference,
        reports,
        capacity: asksCapacity(command) ? capacityAsked(flags) : undefined,
        csv: bom && 'byte order mark',
        json,
      });
    });

function asksCapacity(command: CommandUnknownOpts): boolean {
  return command.options.some(
    (option) => option.helpGroupHeading === CAPACITY && command.getOptionValueSource(option.attributeName()) === 'cli',
  );
}
