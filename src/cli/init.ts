/** `rightsize init`: writes a first suite and models file for the user's own data, and warns of doubtful data. */
import { Command, Option } from '@commander-js/extra-typings';
import { collect, jsonOption, share } from './options.js';
import type { Terminal } from './terminal.js';

export const init = (terminal: Terminal) =>
  new Command()
    .requiredOption('--data <file>', 'a CSV, TSV, JSON, JSONL or Parquet file')
    .addOption(
      new Option('--input <column>', 'what the model is given (repeatable)')
        .argParser(collect)
        .default<readonly string[]>([], 'the only column whose name tells'),
    )
    .option('--target <column>', 'the right answer (default: the only column whose name tells)')
    .option('--scorer <name>', 'see `rightsize list scorers` (default: what fits the targets)')
    .option('--instruction <text>', 'what the model is told (default: what fits the scorer)')
    .option('--margin <share>', 'how much worse an SLM may be: "5 points"', share, 0.03)
    .option('--name <name>', 'the name of the suite (default: that of the data file)')
    .option('-o, --out <dir>', 'the folder for both files', '.')
    .option('--force', 'overwrite a suite that is there')
    .addOption(jsonOption())
    .action(async ({ data, input, target, scorer, instruction, margin, name, out, force, json }) => {
      const { printInit } = await import('./print-init.js');
      await printInit(
        terminal,
        { data, inputs: input, target, scorer, instruction, margin, name, out, force },
        { json },
      );
    });
