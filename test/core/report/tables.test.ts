/** Why cells of a table have no value: once for each reason, with the rows that it is about. */
import { expect, test } from 'vitest';
import { type Filled, reasonsOf, tableOf } from '../../../src/core/report/document/tables.js';
import { missingCell, textCell } from '../../../src/core/report/document.js';

interface Row {
  readonly names: readonly string[];
  readonly reason: string | null;
}

function reasons(rows: readonly Row[]): string[] {
  const names = rows[0]!.names.map((_, i): Filled<Row> => {
    return { title: `Name ${i}`, holds: 'names', cell: ({ names }) => textCell(names[i]!) };
  });
  const value: Filled<Row> = {
    title: 'Rate',
    holds: 'numbers',
    cell: ({ reason }) => (reason === null ? textCell('7') : missingCell(reason)),
  };
  return reasonsOf(tableOf({ name: 'table', label: 'A table' }, [...names, value], rows));
}

const row = (reason: string | null, ...names: string[]): Row => ({ names, reason });

test('reasons that differ in numbers alone are said once, with the range of each', () => {
  expect(
    reasons([
      row('it needs 340 more requests: 8.25 s are shorter than 5 times its p99', 'a'),
      row('it needs 12 more requests: 1,234 s are shorter than 5 times its p99', 'b'),
      row(null, 'c'),
    ]),
  ).toEqual(['Rate of a and b: it needs 12 to 340 more requests: 8.25 to 1,234 s are shorter than 5 times its p99']);
});

test('a number within a name is none', () => {
  const both = reasons([row('rtx-4090 has no price', 'a'), row('rtx-3090 has no price', 'b')]);
  expect(both).toEqual(['Rate of a: rtx-4090 has no price', 'Rate of b: rtx-3090 has no price']);
});

test('a row is named by all of its names', () => {
  const [reason] = reasons([
    row('it drifts', 'closed 4', 'small'),
    row(null, 'closed 4', 'large'),
    row('it drifts', 'closed 8', 'small'),
  ]);
  expect(reason).toBe('Rate of closed 4 (small) and closed 8 (small): it drifts');
});

test('rows that all lack a value are not named', () => {
  expect(reasons([row('it drifts', 'a'), row('it drifts', 'b')])).toEqual(['Rate: it drifts']);
});
