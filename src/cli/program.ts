/** The command line: a table of commands. Each is a file with its name, its options and what it does; what it does it loads when called. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { packageVersion } from '../system/package.js';
import { ab } from './ab.js';
import { baseline } from './baseline.js';
import { capacity } from './capacity.js';
import { check } from './check.js';
import { compare } from './compare.js';
import { fleet } from './fleet.js';
import { history } from './history.js';
import { init } from './init.js';
import { join } from './join.js';
import { list } from './list.js';
import { load } from './load.js';
import { merge } from './merge.js';
import { power } from './power.js';
import { report } from './report.js';
import { run } from './run.js';
import { schema } from './schema.js';
import { score } from './score.js';
import { view } from './view.js';

const COMMANDS: readonly (() => CommandUnknownOpts)[] = [
  init,
  run,
  load,
  report,
  compare,
  ab,
  baseline,
  history,
  check,
  power,
  capacity,
  list,
  score,
  view,
  join,
  fleet,
  merge,
  schema,
];

export function program(): CommandUnknownOpts {
  const root = new Command('rightsize')
    .description('Does a small language model fit this workload, or does it need a large one, or both in a cascade?')
    .version(packageVersion())
    .exitOverride()
    // A command and a command below it may have a flag of the same name.
    .enablePositionalOptions()
    .showHelpAfterError('(rightsize --help teaches the rest)')
    .addHelpText(
      'after',
      `
Start with:
  rightsize run                       measure the default models on the default suite
  rightsize init --data tickets.csv   write a suite for data of your own
  rightsize run --suite mine.yaml --model phi-3-mini --model gpt-4o
  rightsize report reports/RUN        rebuild every report from the run's log

Exit codes: 0 done, 1 a gate is red, 2 a definition or a flag is wrong, 3 the run ended incomplete.`,
    );
  for (const command of COMMANDS) root.addCommand(inheriting(command(), root));
  return root;
}

/** A command with the settings of the one above it, and the commands below it with the same. */
function inheriting(command: CommandUnknownOpts, above: CommandUnknownOpts): CommandUnknownOpts {
  command.copyInheritedSettings(above);
  for (const below of command.commands) inheriting(below, command);
  return command;
}
