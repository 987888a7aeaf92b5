/** `rightsize view`: the runs of a folder as pages on this machine. */
import { Command } from '@commander-js/extra-typings';
import { DEFAULTS } from '../run/defaults.js';
import { natural } from './options.js';
import { type Terminal, worldIn } from './terminal.js';

export const view = (terminal: Terminal) =>
  new Command()
    .argument('[folder]', 'the folder with the runs', DEFAULTS.out)
    .option('--port <n>', 'the port on 127.0.0.1; 0 for any that is free', natural, DEFAULTS.viewPort)
    .action(async (folder, { port }) => {
      const { view } = await import('../run/view.js');
      const viewer = await view({ ...worldIn(terminal), folder, port });
      terminal.stdout.write(`${viewer.url}\n`);
      terminal.stderr.write('rightsize: open this address in a browser; Ctrl-C ends it\n');
      terminal.onInterrupt(() => void viewer.close());
    });
