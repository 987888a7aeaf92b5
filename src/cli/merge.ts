/** `rightsize merge`: one run from parts that were copied by hand. */
import { Command } from '@commander-js/extra-typings';
import { DEFAULTS } from '../run/defaults.js';
import { reportsOption } from './options.js';
import { type Terminal, worldIn } from './terminal.js';

export const merge = (terminal: Terminal) =>
  new Command()
    .argument('<part...>', 'folders of parts, or their logs')
    .option('-o, --out <dir>', 'where the merged run is kept', DEFAULTS.out)
    .addOption(reportsOption())
    .option('--json', 'print summary.json instead of tables')
    .action(async (parts, { out, reports, json }) => {
      const [{ merge }, { printReports }] = await Promise.all([
        import('../run/merge.js'),
        import('./print-reports.js'),
      ]);
      const { folder, trials, twice, differing } = await merge(parts, { ...worldIn(terminal), out });
      const again = twice === 0 ? '' : `; ${twice} of them are in several parts, ${differing} with another text`;
      terminal.stderr.write(`${trials} trials from ${parts.length} parts${again}\n`);
      await printReports(terminal, [folder], { reports, json });
    });
