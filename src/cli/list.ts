/** `rightsize list`: what there is to choose from, as a table or as JSON. */
import Table from 'cli-table3';
import { LISTINGS, type ListOptions } from './listings.js';

export async function list(what: string, options: ListOptions & { readonly json?: boolean }): Promise<void> {
  const rows: readonly Readonly<Record<string, string | number | null>>[] =
    await LISTINGS[what as keyof typeof LISTINGS](options);
  if (options.json) {
    process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    return;
  }
  const fields = Object.keys(rows[0] ?? {});
  const table = new Table({ head: fields, style: { head: [], border: [] }, wordWrap: true });
  for (const row of rows) table.push(fields.map((field) => String(row[field] ?? '')));
  process.stdout.write(`${table.toString()}\n`);
}
