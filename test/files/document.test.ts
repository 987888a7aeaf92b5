import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readDocument } from '../../src/files/document.js';
import { folderWith, ROOT } from '../support/cli.js';

const read = (name: string, text: string) => readDocument(join(folderWith({ [name]: text }), name));

describe('a JSON document', () => {
  test.each([
    readFileSync(join(ROOT, 'models.json'), 'utf8'),
    '{"a": [1, -0.5e3, true, null, "x\\u00e4\\"\\\\"], "b:\\"c\\":": {"": {}}, "d": "\\"e\\": 1"}',
    '[{"a": {"a": 1}}, {"a": 2}, "a"]',
    'null',
    '"text"',
  ])('has the content that YAML finds in it: %.40s', async (text) => {
    const [json, yaml] = await Promise.all(['a.json', 'a.yaml'].map((name) => read(name, text)));
    expect(json!.content).toEqual(yaml!.content);
  });

  test('knows its lines', async () => {
    const document = await read('a.json', '{\n  "tasks": [\n    { "name": "x" },\n    {\n      "name": 1 }]\n}\n');
    expect(document.place(['tasks', 1, 'name'])).toMatch(/a\.json:5: tasks\[1\]\.name: $/);
    expect(document.place(['tasks', 1, 'absent'])).toMatch(/a\.json:4: tasks\[1\]\.absent: $/);
  });

  test.each([
    ['{\n"a": 1,\n"a": 2}', /a\.json:3: expected well-formed JSON, found an error: Map keys must be unique/],
    ['{\n"b": {"a": 1, "\\u0061": 2}}', /a\.json:2: .*unique/],
    ['{\n"a": 1,\n"b" 2}', /a\.json:3: expected well-formed JSON/],
  ])('%j is refused with the line', async (text, complaint) => {
    await expect(read('a.json', text)).rejects.toThrow(complaint);
  });
});
