/** `rightsize list`: what there is to choose from, as a table or as JSON. */
import { Argument, Command } from '@commander-js/extra-typings';
import { plain } from '../core/report/text.js';
import { LISTING_NAMES, list as listRows } from '../run/list.js';
import { jsonOption, modelsOption, oneOf, pricesOption } from './options.js';

export const list = () =>
  new Command('list')
    .description(`list ${LISTING_NAMES.join(', ')}`)
    .addArgument(new Argument('<what>', LISTING_NAMES.join(' | ')).argParser(oneOf(LISTING_NAMES)))
    .addOption(modelsOption())
    .addOption(pricesOption())
    .addOption(jsonOption())
    .action(async (what, { models, prices, json }) => {
      const rows = await listRows(what, { catalogue: models, prices });
      if (json) {
        process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
        return;
      }
      const { default: Table } = await import('cli-table3');
      const fields = Object.keys(rows[0] ?? {});
      const table = new Table({ head: fields, style: { head: [], border: [] }, wordWrap: true });
      for (const row of rows) table.push(fields.map((field) => plain(String(row[field] ?? ''))));
      process.stdout.write(`${table.toString()}\n`);
    });
