/** A run of several machines says what each of them is, and what each measured. */
import { expect, test } from 'vitest';
import { analyse } from '../../../src/core/analyse/analyse.js';
import { recommend } from '../../../src/core/recommend/recommend.js';
import { documentOf } from '../../../src/core/report/document/build.js';
import type { Section } from '../../../src/core/report/document.js';
import { formatCell } from '../../../src/core/report/format.js';
import { makeLog } from '../../support/log.js';
import { ORDER, partOf } from '../../support/parts.js';

function machinesIn(log: Parameters<typeof analyse>[0]): Section | undefined {
  const analysis = analyse(log);
  return documentOf(analysis, recommend(analysis)).sections.find(({ name }) => name === 'machines');
}

test('two machines stand in a table, each with its trials, its times and its memory', () => {
  const section = machinesIn([
    ...partOf({ machine: 'a', half: 'first' }),
    ...partOf({ machine: 'b', half: 'second', slower: 3, baseline: 1e9 }),
  ])!;
  const tables = section.body.flatMap((block) => (block.kind === 'table' ? [block] : []));
  const read = (name: string, title: string) => {
    const { columns, rows } = tables.find((table) => table.name === name)!;
    const c = columns.findIndex((column) => column.title === title);
    return Object.fromEntries(rows.map((row) => [formatCell(row[0]!), row[c]!]));
  };
  expect(read('machines', 'Trials')).toMatchObject({ 'machine 1': { value: 80 }, 'machine 2': { value: 80 } });
  expect(read('machines', 'Processor')).toMatchObject({ 'machine 2': { text: 'Example CPU' } });
  const both = ['small on machine 1', 'small on machine 2', 'large on machine 1', 'large on machine 2'];
  const [counts, ttft] = [read('requests-by-machine', 'n'), read('requests-by-machine', 'Time to first token')];
  expect(Object.keys(counts)).toEqual(both);
  for (const name of both) expect(counts[name]).toMatchObject({ value: 40 });
  const figureOf = (cell: (typeof ttft)[string]) => (cell as { value: number }).value;
  expect(figureOf(ttft[both[1]!]!) / figureOf(ttft[both[0]!]!)).toBeCloseTo(3, 0);
  const memory = read('sessions-by-machine', 'Peak memory');
  expect(figureOf(memory[both[1]!]!) - figureOf(memory[both[0]!]!)).toBe(1e9);
});

test('one machine needs no table of machines', () => {
  expect(machinesIn(makeLog(ORDER))).toBeUndefined();
});
