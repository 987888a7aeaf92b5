import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { jsonSchemas } from '../../../src/core/definition/json-schema.js';
import { listSuites } from '../../../src/files/definitions.js';
import { ROOT } from '../../support/cli.js';

describe('the JSON Schemas that editors use', () => {
  test.each(Object.entries(jsonSchemas()))(
    '%s on the disk is what the code would write (npm run schemas)',
    (name, schema) => {
      expect(JSON.parse(readFileSync(`${ROOT}/schemas/${name}`, 'utf8'))).toEqual(JSON.parse(JSON.stringify(schema)));
    },
  );

  const ajv = new Ajv2020({ strict: false, formats: { uri: true, date: true } });

  test('the models that ship are valid by it, and a misspelt field is not', () => {
    const valid = ajv.compile(jsonSchemas()['models.schema.json']!);
    const models = JSON.parse(readFileSync(`${ROOT}/models.json`, 'utf8'));
    expect(valid(models), JSON.stringify(valid.errors)).toBe(true);
    models.models[0].treads = 2;
    expect(valid(models)).toBe(false);
  });

  test('every suite that ships is valid by it, and an unknown scorer is not', async () => {
    const valid = ajv.compile(jsonSchemas()['suite.schema.json']!);
    const suites = await listSuites();
    expect(suites.length).toBeGreaterThan(0);
    for (const { file } of suites) {
      const suite = parse(readFileSync(file, 'utf8'));
      expect(valid(suite), `${file}: ${JSON.stringify(valid.errors)}`).toBe(true);
      if (suite.suites) suite.suites = 'all';
      else suite.tasks[0].scorer = 'exakt';
      expect(valid(suite)).toBe(false);
    }
  });
});
