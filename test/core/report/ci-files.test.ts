/** The files for CI, read as their readers do: JUnit by an XML parser, trackers' files by their published shapes. */
import { Ajv } from 'ajv';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, test } from 'vitest';
import { gateSchema } from '../../../src/core/definition/gate.js';
import { compareVersions } from '../../../src/core/regress/compare.js';
import { judgeGates } from '../../../src/core/regress/gate.js';
import { comparisonFiles } from '../../../src/core/report/ci/files.js';
import { comparisonDocument } from '../../../src/core/report/comparison.js';
import { comparedOf, MARGINS, NO_SPEED, versionFrom } from '../regress/support.js';

const HOSTILE = 'a <b> & "c" \u0007\u0000 ]]> 日本 \ud800 --><!--';
const LONG = 'long-name-'.repeat(7);
const order = (quality: number) => ({
  tasks: [
    { name: 'route', samples: 60 },
    { name: LONG, samples: 60 },
  ],
  models: [{ id: 'small', class: 'slm' as const, quality }],
});
const base = versionFrom(order(0.9));
const candidate = { ...versionFrom(order(0.4)), name: HOSTILE };

function filesOf(gate: object): Readonly<Record<string, string>> {
  const compared = comparedOf(base, candidate);
  const comparison = compareVersions(base, candidate, { speed: NO_SPEED, margins: MARGINS });
  const options = { burden: 'shown worse', looks: 'once', power: 'not stated' } as const;
  const gates = judgeGates(compared, gateSchema.parse(gate), options);
  const files = comparisonFiles([{ comparison, gates, document: comparisonDocument(comparison, gates) }]);
  return Object.fromEntries(files.map(({ path, content }) => [path, String(content)]));
}

interface Junit {
  readonly testsuites: {
    readonly testsuite: {
      readonly name: string;
      readonly tests: string;
      readonly failures: string;
      readonly errors: string;
      readonly skipped: string;
      readonly testcase: readonly Readonly<Record<string, unknown>>[];
    };
  };
}

function junitOf(gate: object) {
  const text = filesOf(gate)['junit.xml']!;
  expect(XMLValidator.validate(text)).toBe(true);
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '',
    isArray: (name) => name === 'testcase',
  });
  return (parser.parse(text) as Junit).testsuites.testsuite;
}

describe('JUnit', () => {
  test.each<[string, object, object]>([
    [
      'a red gate is a failure',
      { quality: { by: '3 points' } },
      { tests: '1', failures: '1', errors: '0', skipped: '0' },
    ],
    [
      'a blind gate is an error',
      { decodeRate: { by: '5%' } },
      { tests: '1', failures: '0', errors: '1', skipped: '0' },
    ],
    ['what nobody gated is skipped', {}, { tests: '4', failures: '1', errors: '0', skipped: '2' }],
  ])('%s, and the counts are those of the cases', (_, gate, counts) => {
    const suite = junitOf(gate);
    expect(suite).toMatchObject(counts);
    expect(suite.testcase).toHaveLength(Number(suite.tests));
    const having = (tag: string) => suite.testcase.filter((one) => tag in one).length;
    expect([having('failure'), having('error'), having('skipped')].map(String)).toEqual([
      suite.failures,
      suite.errors,
      suite.skipped,
    ]);
  });

  test('keeps a name of any characters that XML has', () => {
    const { name } = junitOf({ quality: { by: '3 points' } });
    expect(name).toContain('a <b> & "c"');
    expect(name).toContain('日本');
  });
});

/** https://bencher.dev/bmf.json, and the lengths of https://bencher.dev/docs/reference/bencher-metric-format. */
const BMF = {
  type: 'object',
  minProperties: 1,
  propertyNames: { maxLength: 1024 },
  additionalProperties: {
    type: 'object',
    propertyNames: { maxLength: 64 },
    additionalProperties: {
      type: 'object',
      properties: { value: { type: 'number' }, lower_value: { type: 'number' }, upper_value: { type: 'number' } },
      required: ['value'],
      additionalProperties: false,
    },
  },
};
/** customBiggerIsBetter and customSmallerIsBetter of github-action-benchmark. */
const ACTION = {
  type: 'array',
  items: {
    type: 'object',
    properties: {
      name: { type: 'string' },
      unit: { type: 'string' },
      value: { type: 'number' },
      range: { type: 'string' },
      extra: { type: 'string' },
    },
    required: ['name', 'unit', 'value'],
    additionalProperties: false,
  },
};

test.each([
  ['bencher.json', BMF],
  ['benchmark-bigger-is-better.json', ACTION],
  ['benchmark-smaller-is-better.json', ACTION],
])('%s has the published shape', (path, schema) => {
  const content = JSON.parse(filesOf({})[path]!);
  const validate = new Ajv().compile(schema);
  expect(validate(content), JSON.stringify(validate.errors)).toBe(true);
  expect(JSON.stringify(content)).toContain(`small desk/${LONG}`.slice(0, path === 'bencher.json' ? 99 : 5));
});
