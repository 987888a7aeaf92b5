import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { SCHEMA_NAMES } from '../../src/system/package.js';
import { ROOT, rightsizeHere } from '../support/cli.js';

test.each(SCHEMA_NAMES)('rightsize schema %s prints a schema that says where it is', async (name) => {
  const { code, stdout, stderr } = await rightsizeHere(['schema', name]);
  expect(code, stderr).toBe(0);
  expect(stdout).toBe(readFileSync(`${ROOT}/schemas/${name}.schema.json`, 'utf8'));
  expect(JSON.parse(stdout).$id).toBe(`https://unpkg.com/rightsize/schemas/${name}.schema.json`);
});

test('rightsize schema of a file that has none names those that have one', async () => {
  const { code, stderr } = await rightsizeHere(['schema', 'log']);
  expect(code).toBe(2);
  expect(stderr).toContain('suite, models, prices, summary');
});
