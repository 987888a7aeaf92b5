/** `rightsize list`: what there is to choose from, as a table or as JSON. */
import { Argument, Command } from '@commander-js/extra-typings';
import type { TextColumn } from '../core/report/text-table.js';
import { LISTING_NAMES, list as listRows } from '../run/list.js';
import { jsonOption, modelsOption, oneOf, pricesOption } from './options.js';
import { type Terminal, worldIn } from './terminal.js';

export const list = (terminal: Terminal) =>
  new Command()
    .addArgument(new Argument('<what>', LISTING_NAMES.join(' | ')).argParser(oneOf(LISTING_NAMES)))
    .addOption(modelsOption())
    .addOption(pricesOption())
    .option('--published', 'with `models`: those that `capacity` knows by name')
    .addOption(jsonOption())
    .action(async (what, { models, prices, published, json }) => {
      if (published && what !== 'models') {
        const { UserError } = await import('../core/errors.js');
        throw new UserError(`--published: expected with \`list models\`, found with \`list ${what}\``);
      }
      const rows = await listRows(what, { ...worldIn(terminal), catalogue: models, prices, published });
      if (json) {
        terminal.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
        return;
      }
      const { printTable } = await import('./print-table.js');
      const { formatParameters } = await import('../core/report/format.js');
      const inWords = (field: string, value: string | number | null | undefined) => {
        if (value === null || value === undefined) return NOT_KNOWN.includes(field) ? 'not known' : '';
        return COUNTS.includes(field) && typeof value === 'number' ? formatParameters(value) : String(value);
      };
      const fields = Object.keys(rows[0] ?? {});
      printTable(
        terminal,
        fields.map((title) => ({ title, side: SIDES[title] ?? 'left', breaks: BREAKS[title] ?? 'between words' })),
        rows.map((row) => fields.map((field) => inWords(field, row[field]))),
      );
    });

/** Facts that each device has, whether a source gives them or not. */
const NOT_KNOWN: readonly string[] = ['kind', 'f16TFLOPS', 'watts', 'dollars', 'source'];
/** Numbers of parameters. */
const COUNTS: readonly string[] = ['parameters', 'active'];
const SIDES: Readonly<Record<string, TextColumn['side']>> = {
  parameters: 'right',
  active: 'right',
  context: 'right',
  tasks: 'right',
};
const BREAKS: Readonly<Record<string, TextColumn['breaks']>> = {
  id: 'between parts',
  name: 'between parts',
  suite: 'between parts',
  task: 'between parts',
  source: 'between parts',
  file: 'between parts',
  hub: 'between parts',
  parameters: 'never',
  active: 'never',
  verified: 'never',
};
