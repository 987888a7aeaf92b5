/** `rightsize check`: prints whether the definitions are right, what the data holds, and what each model did with it. */
import { Command, Option } from '@commander-js/extra-typings';
import { collect, dataOption, jsonOption, modelsOption } from './options.js';

export const check = () =>
  new Command('check')
    .description('validate definitions and data, and try each model on the first prompt of each task')
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
      const checked = await check({ suites: suite, models: model, catalogue: models, data });
      process.stdout.write(json ? `${JSON.stringify(checkedDocument(checked), null, 2)}\n` : checkedText(checked));
      if (!everyModelRuns(checked)) process.exitCode = 2;
    });
