/** `rightsize capacity`: which devices run a model, and how fast one stream is there. */
import { Command, Option } from '@commander-js/extra-typings';
import { CACHE_TYPES, ENGINE_NAMES } from '../core/capacity/engines.js';
import { collect, jsonOption, oneOf, positive, pricesOption } from './options.js';
import type { Terminal } from './terminal.js';

export const capacity = (terminal: Terminal) =>
  new Command()
    .option(
      '--model <id|file>',
      'a published model (qwen3-4b, qwen3-4b:q8_0, qwen3-4b:*), a GGUF file, or a folder with a config.json (repeatable)',
      collect,
      [],
    )
    .option('--device <id>', 'a device of `rightsize list devices` (repeatable; default: nine usual ones)', collect, [])
    .requiredOption('--prompt <n>', 'tokens of a prompt', positive)
    .requiredOption('--output <n>', 'tokens of an answer', positive)
    .option('--context <n>', 'tokens of context that the engine opens (default: prompt and answer)', positive)
    .addOption(
      new Option('--engine <name>', `${ENGINE_NAMES.join(', ')} (default: the usual one of each device)`).argParser(
        oneOf(ENGINE_NAMES),
      ),
    )
    .addOption(
      new Option('--cache-type <type>', `how the KV cache is stored: ${CACHE_TYPES.join(', ')}`)
        .argParser(oneOf(CACHE_TYPES))
        .default('f16' as const),
    )
    .addOption(pricesOption())
    .addOption(jsonOption())
    .action(async ({ model, device, prompt, output, context, engine, cacheType, prices, json }) => {
      const { printCapacity } = await import('./print-capacity.js');
      const question = { models: model, devices: device, prompt, output, context, engine, cacheType, prices };
      await printCapacity(terminal, question, { json });
    });
