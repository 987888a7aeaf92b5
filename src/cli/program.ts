/** The command line: a table of commands. Each is a file with its options and what it does, which is loaded when it is asked for. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { packageVersion } from '../system/package.js';
import type { Terminal } from './terminal.js';

interface ListedCommand {
  /** One line for the list of commands, and the first of its own help. */
  readonly does: string;
  readonly load: () => Promise<(terminal: Terminal) => CommandUnknownOpts>;
}

const COMMANDS: Readonly<Record<string, ListedCommand>> = {
  init: {
    does: 'write a suite and a models file for data of your own',
    load: async () => (await import('./init.js')).init,
  },
  run: { does: 'run suites on models, then report and recommend', load: async () => (await import('./run.js')).run },
  load: {
    does: 'hold users, requests at once or a rate on models, and tell how fast and how well they answer then',
    load: async () => (await import('./load.js')).load,
  },
  report: {
    does: "rebuild a run's reports from its log alone, or put several runs side by side",
    load: async () => (await import('./report.js')).report,
  },
  compare: {
    does: 'say what changed between two versions of a model, and gate it',
    load: async () => (await import('./compare.js')).compare,
  },
  ab: {
    does: 'measure two versions in turns on this machine, and compare them: the way to gate speed',
    load: async () => (await import('./ab.js')).ab,
  },
  baseline: {
    does: 'keep what later runs are compared with, as a small file',
    load: async () => (await import('./baseline.js')).baseline,
  },
  history: {
    does: 'tell where the figures of runs changed over time, and with which commit',
    load: async () => (await import('./history.js')).history,
  },
  check: {
    does: 'validate definitions and data, and try each model on the first prompt of each task',
    load: async () => (await import('./check.js')).check,
  },
  power: {
    does: 'say how many samples a suite needs, from assumptions or from a run as a pilot',
    load: async () => (await import('./power.js')).power,
  },
  capacity: {
    does: 'predict which devices run a model, how fast, how many users they serve, and what that costs',
    load: async () => (await import('./capacity.js')).capacity,
  },
  list: {
    does: 'list models, suites, tasks, devices, scorers, backends or metrics',
    load: async () => (await import('./list.js')).list,
  },
  score: {
    does: 'score outputs made elsewhere: lines of {"output": …, "target": …}',
    load: async () => (await import('./score.js')).score,
  },
  view: {
    does: 'show the runs of a folder in a browser of this machine, also while they are under way',
    load: async () => (await import('./view.js')).view,
  },
  join: {
    does: 'measure on this machine for the runs of a fleet',
    load: async () => (await import('./join.js')).join,
  },
  fleet: {
    does: 'look at the machines of a fleet',
    load: async () => (await import('./fleet.js')).fleet,
  },
  merge: {
    does: 'join parts of a run, from several machines, into one run',
    load: async () => (await import('./merge.js')).merge,
  },
  schema: {
    does: 'print the JSON Schema of a suite, a models file, a price list or summary.json',
    load: async () => (await import('./schema.js')).schema,
  },
};

export const COMMAND_NAMES = Object.keys(COMMANDS);

/** The command line, with the options of the command that the words ask for, and the others by name. */
export async function program(words: readonly string[], terminal: Terminal): Promise<CommandUnknownOpts> {
  const root = new Command('rightsize')
    .description('Does a small language model fit this workload, or does it need a large one, or both in a cascade?')
    .version(packageVersion())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      getOutHelpWidth: () => terminal.stdout.columns ?? 80,
      getErrHelpWidth: () => terminal.stderr.columns ?? 80,
    })
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
  const wanted = words.find((word) => word !== 'help' && !word.startsWith('-'));
  for (const name of COMMAND_NAMES) {
    const command = name === wanted ? await loadCommand(name, terminal) : named(new Command(), name);
    root.addCommand(inheriting(command, root));
  }
  return root;
}

/** A command with its options. */
export async function loadCommand(name: string, terminal: Terminal): Promise<CommandUnknownOpts> {
  const build = await COMMANDS[name]!.load();
  return named(build(terminal), name);
}

function named(command: CommandUnknownOpts, name: string): CommandUnknownOpts {
  return command.name(name).description(COMMANDS[name]!.does);
}

/** A command with the settings of the one above it, and the commands below it with the same. */
function inheriting(command: CommandUnknownOpts, above: CommandUnknownOpts): CommandUnknownOpts {
  command.copyInheritedSettings(above);
  for (const below of command.commands) inheriting(below, command);
  return command;
}
