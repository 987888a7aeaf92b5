/** `rightsize fleet`: who is there, and what they do. */
import { Argument, Command } from '@commander-js/extra-typings';
import { jsonOption } from './options.js';
import { type Terminal, worldIn } from './terminal.js';

export const fleet = (terminal: Terminal) =>
  new Command().addCommand(
    new Command('status')
      .description('list the machines that joined, what they do, and what they do not run')
      .addArgument(new Argument('<redis>', 'the address of the Redis of the fleet'))
      .addOption(jsonOption())
      .action(async (redis, { json }) => {
        const { fleetStatus } = await import('../run/fleet-status.js');
        const machines = await fleetStatus(redis, worldIn(terminal));
        if (json) {
          terminal.stdout.write(`${JSON.stringify(machines, null, 2)}\n`);
          return;
        }
        if (machines.length === 0) {
          terminal.stdout.write('No machine has joined. On each machine: rightsize join <redis>\n');
          return;
        }
        const { printTable } = await import('./print-table.js');
        printTable(
          terminal,
          ['machine', 'cores', 'GB', 'GB free on disk', 'accelerators', 'labels', 'trials', 'does', 'does not run'].map(
            (title) => ({
              title,
              side: ['cores', 'GB', 'GB free on disk', 'trials'].includes(title) ? 'right' : 'left',
              breaks: 'between words',
            }),
          ),
          machines.map(({ name, cores, memory, disk, accelerators, labels, trials, doing, notHere }) => [
            name,
            String(cores),
            (memory / 1e9).toFixed(1),
            disk === null ? 'unknown' : (disk / 1e9).toFixed(1),
            accelerators === '' ? 'none known' : accelerators,
            labels.join(', '),
            String(trials),
            doing,
            Object.entries(notHere)
              .map(([model, reason]) => `${model}: ${reason}`)
              .join('; '),
          ]),
        );
      }),
  );
