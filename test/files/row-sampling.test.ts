import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { takeRows } from '../../src/files/row-sampling.js';
import { readRows } from '../../src/files/rows.js';
import { folderWith } from '../support/cli.js';

async function* numbered(count: number, label: (i: number) => string = () => '') {
  for (let i = 0; i < count; i++) yield { row: { i, label: label(i) }, number: i + 1 };
}

const taken = async (...args: Parameters<typeof takeRows>) =>
  (await takeRows(...args)).map(({ row }) => row.i as number);

describe('which rows are taken', () => {
  test('the first, in their order, without reading the rest', async () => {
    let read = 0;
    async function* watched() {
      for await (const row of numbered(1_000_000)) {
        read++;
        yield row;
      }
    }
    expect(await taken(watched(), { limit: 3, shuffled: false, seed: 0 })).toEqual([0, 1, 2]);
    expect(read).toBeLessThanOrEqual(3);
  });

  test('a draw from all of them, the same for the same seed and another for another', async () => {
    const draw = (seed: number) => taken(numbered(1000), { limit: 20, shuffled: true, seed });
    expect(await draw(1)).toEqual(await draw(1));
    expect(await draw(1)).not.toEqual(await draw(2));
    expect(new Set(await draw(1)).size).toBe(20);
    expect(Math.max(...(await draw(1)))).toBeGreaterThan(500);
  });

  test('each row is as likely as any other', async () => {
    const counts = new Array<number>(10).fill(0);
    for (let seed = 0; seed < 2000; seed++) {
      for (const i of await taken(numbered(10), { limit: 3, shuffled: true, seed })) counts[i]!++;
    }
    // 600 expected of each; five standard deviations are 102.
    for (const count of counts) expect(Math.abs(count - 600)).toBeLessThan(102);
  });

  test('strata keep their shares, to the nearest whole row', async () => {
    const label = (i: number) => (i % 10 < 7 ? 'common' : i % 10 < 9 ? 'some' : 'rare');
    const stratum = ({ row }: { row: Readonly<Record<string, unknown>> }) => String(row.label);
    const rows = await takeRows(numbered(1000, label), { limit: 20, shuffled: true, seed: 5, stratum });
    const shares = ['common', 'some', 'rare'].map((name) => rows.filter(({ row }) => row.label === name).length);
    expect(shares).toEqual([14, 4, 2]);
  });

  test('all of them when there are fewer than asked for', async () => {
    expect(await taken(numbered(3), { limit: 10, shuffled: false, seed: 0 })).toEqual([0, 1, 2]);
  });
});

describe('rows', () => {
  const rowsOf = async (name: string, content: string | Buffer) => {
    const file = join(folderWith({}), name);
    writeFileSync(file, content);
    const rows = [];
    for await (const row of readRows(file)) rows.push(row);
    return rows;
  };

  test.each([
    ['a.jsonl', '{"a":"x\u2028y"}\r\n\n{"a":"z"}'],
    ['a.jsonl.gz', gzipSync('{"a":"x\u2028y"}\n\n{"a":"z"}\n')],
  ])('of %s are its lines, blank ones left out, whatever is inside a string', async (name, content) => {
    expect(await rowsOf(name, content)).toEqual([
      { row: { a: 'x\u2028y' }, number: 1 },
      { row: { a: 'z' }, number: 3 },
    ]);
  });

  test('of a CSV file may hold line breaks and quotes', async () => {
    expect(await rowsOf('a.csv', '\ufeffq,target\n"one, ""two""\nthree",4\n')).toMatchObject([
      { row: { q: 'one, "two"\nthree', target: '4' } },
    ]);
  });

  test('of a TSV file are parted by tabs', async () => {
    expect(await rowsOf('a.tsv', 'q\ttarget\na, b\tc\n')).toMatchObject([{ row: { q: 'a, b', target: 'c' } }]);
  });

  test('of a JSON file are the elements of its list', async () => {
    expect(await rowsOf('a.json', '[{"a":1},{"a":2}]')).toEqual([
      { row: { a: 1 }, number: 1 },
      { row: { a: 2 }, number: 2 },
    ]);
    await expect(rowsOf('b.json', '{"a":1}')).rejects.toThrow(/b\.json: expected a list of rows, found object/);
  });

  test('may stand behind the mark that Windows puts before a text', async () => {
    expect(await rowsOf('a.jsonl', '\ufeff{"a":1}\r\n')).toEqual([{ row: { a: 1 }, number: 1 }]);
    expect(await rowsOf('a.json', '\ufeff[{"a":1}]')).toEqual([{ row: { a: 1 }, number: 1 }]);
  });

  test('are text in UTF-8 or none, wherever a chunk ends', async () => {
    const long = `{"a":"${'é😀'.repeat(100_000)}"}\n`;
    expect(await rowsOf('a.jsonl', long)).toHaveLength(1);
    const latin = Buffer.from('caf\xe9?\n', 'latin1');
    for (const [name, before] of [
      ['a.jsonl', long + long],
      ['a.json', long + long],
      ['a.csv', `a\n${'é😀'.repeat(100_000)}\n`],
    ] as const)
      await expect(rowsOf(name, Buffer.concat([Buffer.from(before), latin]))).rejects.toThrow(
        `${name}:3: expected text in UTF-8, found bytes that are none; save the file as UTF-8`,
      );
    await expect(rowsOf('a.jsonl', Buffer.from('{"a":"\xf0\x9f', 'latin1'))).rejects.toThrow(
      'a.jsonl:1: expected text',
    );
  });

  test('of a CSV file have no two columns of one name, one of which would be lost', async () => {
    await expect(rowsOf('a.csv', 'q,target,q\n1,2,3\n')).rejects.toThrow(
      'a.csv:1: expected columns of different names, found "q" twice',
    );
  });
});
