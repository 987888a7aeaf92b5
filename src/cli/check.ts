/** `rightsize check`: prints whether the definitions are right, and which models could run here. */
import { Command, Option } from '@commander-js/extra-typings';
import type { Readiness } from '../backends/backend.js';
import type { TextColumn } from '../core/report/text-table.js';
import type { Checked } from '../run/check.js';
import { collect, dataOption, jsonOption, modelsOption } from './options.js';

export const check = () =>
  new Command('check')
    .description('validate definitions, and say which models could run here, without running them')
    .addOption(
      new Option('-s, --suite <name|file>', 'a suite to check (repeatable)')
        .argParser(collect)
        .default<readonly string[]>([], 'all'),
    )
    .addOption(
      new Option('-m, --model <id>', 'a model to check (repeatable)')
        .argParser(collect)
        .default<readonly string[]>([], 'all of your models.json'),
    )
    .addOption(modelsOption())
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async ({ suite, model, models, data, json }) => {
      const { check } = await import('../run/check.js');
      const checked = await check({ suites: suite, models: model, catalogue: models, data });
      if (json) printJson(checked);
      else await printTables(checked);
    });

function printJson({ suites, models }: Checked): void {
  const found = models.map(({ model, readiness }) => ({
    id: model.id,
    class: model.class,
    backend: model.backend,
    ...readiness,
  }));
  process.stdout.write(`${JSON.stringify({ suites, models: found }, null, 2)}\n`);
}

async function printTables({ suites, models }: Checked): Promise<void> {
  for (const { name, tasks } of suites) {
    const counted = tasks.map((task) => `${task.name} (${task.samples ?? 'data: after a download'})`);
    process.stdout.write(`suite ${name}: ${counted.join(', ')}\n${tasks.map(limitsInWords).join('')}`);
  }
  const { printTable } = await import('./print-table.js');
  printTable(
    COLUMNS,
    models.map(({ model, readiness }) => [model.id, model.class ?? '', model.backend, inWords(readiness)]),
  );
}

const COLUMNS: readonly TextColumn[] = [
  { title: 'model', side: 'left', breaks: 'between parts' },
  { title: 'class', side: 'left', breaks: 'never' },
  { title: 'backend', side: 'left', breaks: 'never' },
  { title: 'could run here', side: 'left', breaks: 'between words' },
];

function limitsInWords({ name, samples, limitsNeed }: Checked['suites'][number]['tasks'][number]): string {
  if (limitsNeed === null || samples === null || samples >= limitsNeed.shared) return '';
  const { alone, shared } = limitsNeed;
  return `  ${name}: its limits on percentiles take ${alone} samples, ${shared} beside the other tasks; it has ${samples}\n`;
}

function inWords(found: Readiness): string {
  if (found.ready === true) return found.note === undefined ? 'yes' : `yes (${found.note})`;
  if (found.ready === false) return `no: ${found.reason}`;
  return found.bytes === null ? 'after a download' : `after a download of ${(found.bytes / 1e6).toFixed(0)} MB`;
}
