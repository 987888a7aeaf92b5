/** `rightsize check`: prints whether the definitions are right, what the data holds, and what each model did with it. */
import { Command, Option } from '@commander-js/extra-typings';
import { collect, dataOption, jsonOption, modelsOption } from './options.js';
import { type Terminal, worldIn } from './terminal.js';

export const check = (terminal: Terminal) =>
  new Command()
    .addOption(
      new Option('-s, --suite <name|file>', 'a suite to check (repeatable)')
        .argParser(collect)
        .default<readonly string[]>([], 'all'),
    )
    .addOption(
      new Option('-m, --model <id>', 'a model to check (repeatable)')
        .argParser(collect)
        .default<readonly string[]>([], 'those that models.json names'),
    )
    .addOption(modelsOption())
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async ({ suite, model, models, data, json }) => {
      const { check, everyModelRuns } = await import('../run/check.js');
      const { checkedDocument, checkedText } = await import('./print-check.js');
      const checked = await check({ ...worldIn(terminal), suites: suite, models: model, catalogue: models, data });
      terminal.stdout.write(json ? `${JSON.stringify(checkedDocument(checked), null, 2)}\n` : checkedText(checked));
      if (!everyModelRuns(checked)) terminal.exitCode = 2;
    });
