/** The JSON Schema Test Suite: each case carries its verdict. Remote schemas are not fetched, formats are always asserted. */
import { json } from '../src/core/score/scorers/json.js';
import { type Check, flags, type Row } from './check.js';
import { judgeWith } from './scoring.js';

const DRAFTS = {
  draft7: 'http://json-schema.org/draft-07/schema#',
  'draft2020-12': 'https://json-schema.org/draft/2020-12/schema',
} as const;

/** About remote references, dynamic references, custom vocabularies, and formats as mere annotations. */
const OUT_OF_SCOPE = /\/(?:refRemote|dynamicRef|vocabulary|format)\.json$/;

/** Groups that ajv is known to decide otherwise, or not to compile. */
const OTHERWISE = new Set([
  'ref overrides any sibling keywords',
  '$ref prevents a sibling $id from changing the base uri',
  'properties whose names are Javascript object property names',
  'empty enum',
  'refs with relative uris and defs',
  'relative refs with absolute uris and defs',
  'URN ref with nested pointer ref',
  'unevaluatedItems with nested items',
  'unevaluatedItems with $dynamicRef',
  'unevaluatedItems depends on adjacent contains',
  'unevaluatedItems depends on multiple nested contains',
  'unevaluatedItems and contains interact to control item dependency relationship',
  'unevaluatedItems with minContains = 0',
  'unevaluatedItems can see annotations from if without then and else',
  'unevaluatedProperties with if/then/else, then not defined',
  'unevaluatedProperties with $dynamicRef',
  'unevaluatedProperties can see annotations from if without then and else',
]);

export const jsonSchema: Check = {
  folder: 'json-schema',
  title: 'JSON Schema Test Suite, json',
  *run(data) {
    const files = data.archive('json_schema_test_suite.tar.gz');
    for (const [draft, $schema] of Object.entries(DRAFTS)) {
      const pairs: [boolean, boolean][] = [];
      for (const [path, content] of files) {
        if (!new RegExp(`tests/${draft}/[^/]+\\.json$`).test(path) || OUT_OF_SCOPE.test(path)) continue;
        for (const { description, schema, tests } of JSON.parse(content) as Row[]) {
          if (OTHERWISE.has(description) || typeof schema === 'boolean') continue;
          const judge = judgeWith(json, { value: 'valid', extract: 'whole', schema: { $schema, ...schema } });
          for (const one of tests) pairs.push([one.valid, judge({ output: JSON.stringify(one.data) }).value === 1]);
        }
      }
      yield flags(draft, pairs);
    }
  },
};
