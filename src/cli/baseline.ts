/** `rightsize baseline`: a small file for the repository, which later runs are compared with. */
import { Command, Option } from '@commander-js/extra-typings';
import { collect } from './options.js';
import { type Terminal, worldIn } from './terminal.js';

export const baseline = (terminal: Terminal) => new Command().addCommand(write(terminal));

const write = (terminal: Terminal) =>
  new Command('write')
    .description('write the scores, hashes and figures of a run, without its prompts and outputs')
    .argument('<run>', 'the folder of a run, or its log.jsonl')
    .option('-o, --out <file>', 'the file to write', 'baseline.json')
    .addOption(
      new Option('-m, --model <id>', 'a model to keep (repeatable)')
        .argParser(collect)
        .default<readonly string[]>([], 'all of the run'),
    )
    .option('--with-outputs', 'keep what the models wrote as well')
    .action(async (run, { out, model, withOutputs }) => {
      const { writeBaselineOf } = await import('../run/baseline.js');
      const { file, models, samples } = await writeBaselineOf(run, {
        ...worldIn(terminal),
        out,
        models: model,
        outputs: withOutputs ? 'with outputs' : 'without outputs',
      });
      terminal.stdout.write(`${file}: ${models.join(', ')} on ${samples} samples\n`);
    });
