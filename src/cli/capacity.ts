/** `rightsize capacity`: which devices run a model, how fast, how many users they serve, how many of them it takes, and at what cost. */
import { Command } from '@commander-js/extra-typings';
import { capacityAsked, withCapacityOptions } from './capacity-options.js';
import { jsonOption, pricesOption } from './options.js';
import type { Terminal } from './terminal.js';

export const capacity = (terminal: Terminal) =>
  withCapacityOptions(
    new Command().argument('[run]', 'a run or a load test: it tells lengths and quality, and its machine calibrates'),
    {
      model:
        'a published model (qwen3-4b, qwen3-4b:q8_0, qwen3-4b:*), one of models.json, a GGUF file, an ONNX graph, a folder with a config.json, or a hub reference; with a run: its models, and ID=WEIGHTS for one behind a server (repeatable)',
    },
  )
    .option(
      '-s, --suite <name|file>',
      'prompts of a suite; the answer is as long as its tasks allow, or as --output says',
    )
    .addOption(pricesOption())
    .option('--html <file>', 'write the answer as a page too')
    .addOption(jsonOption())
    .action(async (run, flags) => {
      const { printCapacity } = await import('./print-capacity.js');
      const { suite, prices, json, html } = flags;
      const question = { ...(run !== undefined && { run }), ...capacityAsked(flags), suite, prices };
      await printCapacity(terminal, question, { json, html });
    });
