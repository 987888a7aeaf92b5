/** The language tables are data beside the code: every way into the package finds them. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderWith, ROOT, rightsizeHere } from '../support/cli.js';

const ROWS = [
  {
    output: 'Das ist ein schöner Tag, und die Sonne scheint.',
    id: 'language:response_language',
    kwargs: { language: 'de' },
  },
  {
    output: 'Only Mr. Smith came.',
    id: 'length_constraints:number_sentences',
    kwargs: { num_sentences: 1, relation: 'at least' },
  },
].map(({ output, id, kwargs }) => ({ output, instruction_id_list: [id], kwargs: [kwargs] }));

test('the command line reads them', async () => {
  const folder = folderWith({ 'outputs.jsonl': ROWS.map((row) => JSON.stringify(row)).join('\n') });
  const { code, stdout } = await rightsizeHere([
    'score',
    join(folder, 'outputs.jsonl'),
    '--scorer',
    'ifeval',
    '--json',
  ]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ scored: 2, unscored: [], metrics: { promptStrict: { value: 1 } } });
});

test('a program that imports the package reads them', () => {
  const [row] = ROWS;
  const program = `
    import { SCORERS } from ${JSON.stringify(join(ROOT, 'dist/index.js'))};
    const { score, options } = SCORERS.ifeval;
    console.log(JSON.stringify(score({ output: ${JSON.stringify(row!.output)}, target: null, fields: ${JSON.stringify(row)} }, options.parse({}))));`;
  const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
  expect(JSON.parse(printed)).toMatchObject({ state: 'scored', value: 1 });
});

test('each names its source and licence', () => {
  for (const name of ['language-profiles', 'english-words']) {
    const table = JSON.parse(readFileSync(join(ROOT, 'data', `${name}.json`), 'utf8'));
    expect(table).toMatchObject({
      source: expect.stringMatching(/\d/),
      licence: expect.stringContaining('Apache-2.0'),
    });
  }
});
