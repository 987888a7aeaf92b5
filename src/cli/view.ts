/** `rightsize view`: the runs of a folder as pages on this machine. */
import { Command } from '@commander-js/extra-typings';
import { DEFAULTS } from '../run/defaults.js';
import { natural } from './options.js';

export const view = () =>
  new Command('view')
    .description('show the runs of a folder in a browser of this machine, also while they are under way')
    .argument('[folder]', 'the folder with the runs', DEFAULTS.out)
    .option('--port <n>', 'the port on 127.0.0.1; 0 for any that is free', natural, DEFAULTS.viewPort)
    .action(async (folder, { port }) => {
      const { view } = await import('../run/view.js');
      const viewer = await view({ folder, port });
      process.stdout.write(`${viewer.url}\n`);
      process.stderr.write('rightsize: open this address in a browser; Ctrl-C ends it\n');
      const end = () => void viewer.close();
      process.once('SIGINT', end);
      process.once('SIGTERM', end);
    });
