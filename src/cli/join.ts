/** `rightsize join`: measures for the runs of a fleet, until Ctrl-C. */
import { resolve } from 'node:path';
import { Argument, Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { DEFAULTS } from '../run/defaults.js';
import { collect, modelsOption, positive } from './options.js';
import { type Terminal, worldIn } from './terminal.js';

export const join = (terminal: Terminal) =>
  new Command()
    .addArgument(new Argument('<redis>', 'the address of the Redis of the fleet, as in redis://127.0.0.1:6379'))
    .option('--name <text>', 'what this machine is called (default: its host name)')
    .addOption(
      new Option('--label <label>', 'what a run may ask for with --on (repeatable)')
        .argParser(collect)
        .default<readonly string[]>([], 'none'),
    )
    .addOption(modelsOption())
    .addOption(
      new Option(
        '--root <name=folder>',
        'weights below the folder may be named by entries, as root:name/file (repeatable)',
      )
        .argParser(root)
        .default<Readonly<Record<string, string>>>({}, 'none'),
    )
    .option('--trust', 'also run models of hubs, servers and the queue that models.json here does not have')
    .addOption(
      new Option('--lease <seconds>', 'how long this machine may be silent before others take its block')
        .argParser(positive)
        .default(DEFAULTS.lease),
    )
    .option('--once', 'leave when the first run is at its end')
    .option('-o, --out <dir>', 'where the parts are kept', DEFAULTS.out)
    .action(async (redis, { name, label, models, root, trust, lease, once, out }) => {
      const [{ join }, { interruption }, { plain }] = await Promise.all([
        import('../run/join.js'),
        import('./interruption.js'),
        import('../core/report/text.js'),
      ]);
      await join(redis, {
        name,
        labels: label,
        catalogue: models,
        roots: root,
        trust,
        lease,
        out,
        afterRun: once ? 'leave' : 'wait',
        ...worldIn(terminal),
        command: ['rightsize', 'join'],
        signal: interruption(terminal),
        onNote: (text) => terminal.stderr.write(`${plain(text)}\n`),
      });
    });

function root(text: string, earlier: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const [, name, folder] = /^([A-Za-z0-9_-]+)=(.+)$/.exec(text) ?? [];
  if (name === undefined)
    throw new InvalidArgumentError(`expected a name and a folder, as in "weights=/srv/weights", found "${text}".`);
  return { ...earlier, [name]: resolve(folder!) };
}
