/** Tables of what there is, in the width of the terminal. Cells may quote files and servers. */
import { plain } from '../core/report/text.js';
import { layOut, type TextColumn } from '../core/report/text-table.js';
import type { Terminal } from './terminal.js';

export function printTable(
  { stdout }: Pick<Terminal, 'stdout'>,
  columns: readonly TextColumn[],
  rows: readonly (readonly string[])[],
): void {
  const asIs = (line: string) => line;
  const table = {
    columns,
    rows: rows.map((row) => row.map((text) => ({ lines: [plain(text)], paint: asIs }))),
    paintHead: asIs,
  };
  stdout.write(`${layOut(table, stdout.columns ?? 80).join('\n')}\n`);
}
