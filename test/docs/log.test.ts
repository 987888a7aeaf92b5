/** docs/log.md names every field of every record. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import { RECORDS } from '../../src/core/log/log.js';
import { outcomeSchema } from '../../src/core/measure/measurement.js';
import { ROOT } from '../support/cli.js';

const PAGE = readFileSync(join(ROOT, 'docs/log.md'), 'utf8');

/** The text of the rows of a table that belong to a record: its own and those that begin with an empty cell. */
function rowsOf(name: string): string {
  const rows = PAGE.split('\n').map((line) => line.trim());
  const from = rows.findIndex((row) => row.startsWith(`| \`${name}\` |`));
  const after = rows.slice(from + 1).findIndex((row) => !row.startsWith('| |'));
  return rows.slice(from, from + 1 + after).join('\n');
}

const fieldsOf = ({ shape }: z.ZodObject) =>
  Object.entries(shape)
    .filter(([field]) => field !== 'type' && field !== 'state')
    .map(([field, schema]) => `\`${field}\`${(schema as z.ZodType).safeParse(undefined).success ? '?' : ''}`);

test.each(Object.entries(RECORDS))('every field of a %s record', (type, schema) => {
  const rows = rowsOf(type);
  expect(fieldsOf(schema).filter((field) => !rows.includes(field))).toEqual([]);
});

test.each(outcomeSchema.options.map((option) => [option.shape.state.value, option] as const))(
  'every field of an outcome that is %s',
  (state, schema) => {
    const rows = rowsOf(state);
    expect(fieldsOf(schema).filter((field) => !rows.includes(field))).toEqual([]);
  },
);
