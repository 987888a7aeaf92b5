/** Every place where a suite or its data can bring a pattern: whatever stands there ends soon, on whatever a model answers. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { sampleReader } from '../../../src/core/definition/sample.js';
import { taskSchema } from '../../../src/core/definition/suite.js';
import { UserError } from '../../../src/core/errors.js';
import { filterText } from '../../../src/core/score/filters.js';
import { judgeOutput, type ScoreInput } from '../../../src/core/score/score.js';
import { SCORERS, type ScorerName } from '../../../src/core/score/table.js';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** Each takes engines that try one way after another exponential time, or the square of the length and more. */
const PATTERNS = ['^(a+)+$', '(?<=answer)\\s*.*\\s*.*:\\s*(\\d+)', '(\\w+\\s?){30}$', '(a{0,30}){0,30}b'];

const ANSWERS = [`answer ${' '.repeat(17_000)}answer`, `${'a '.repeat(30_000)}!`];

type Place = (source: string, output: string) => void;

const scored = (name: ScorerName, optionsOf: (source: string) => object, fields: ScoreInput['fields'] = {}): Place => {
  return (source, output) => {
    const options = SCORERS[name].options.safeParse(optionsOf(source));
    if (options.success) judgeOutput(SCORERS[name], { output, target: 'a', fields }, options.data);
  };
};

const taskWith = (said: object) =>
  taskSchema.safeParse({ name: 't', prompt: { user: '{{ q }}' }, samples: [{ q: '?' }], scorer: 'exact', ...said });

const PLACES: Readonly<Record<string, Place>> = {
  'the scorer regex': scored('regex', (source) => ({ pattern: source })),
  'what the scorer exact leaves out': scored('exact', (source) => ({ regexesToIgnore: [source] })),
  'a filter': (source, output) => {
    const task = taskWith({ filters: [{ filter: 'regex', pattern: source }] });
    if (task.success) filterText(task.data.filters, output);
  },
  'a template': (source, output) => {
    const task = taskWith({ prompt: { user: '{{ regex_replace(q, source, "") }}x' } });
    sampleReader(task.data!, [], sha256).read({ q: output, source });
  },
  'the schema of the scorer json': (source, output) =>
    scored('json', () => ({ schema: { type: 'string', pattern: source } }))(source, JSON.stringify(output)),
  'the names of a schema in a row': (source, output) =>
    scored('json', () => ({ schemaField: 's' }), { s: { type: 'object', patternProperties: { [source]: false } } })(
      source,
      JSON.stringify({ [output]: 1 }),
    ),
  'an instruction of ifeval': (source, output) =>
    scored('ifeval', () => ({}), {
      instruction_id_list: ['keywords:forbidden_words'],
      kwargs: [{ forbidden_words: [source] }],
    })(source, output),
};

describe.each(Object.entries(PLACES))('a pattern in %s', (_, run) => {
  test.each(PATTERNS)('%s ends', (source) => {
    for (const output of ANSWERS) {
      const began = performance.now();
      try {
        run(source, output);
      } catch (error) {
        // A place that refuses it does so in a sentence.
        if (!(error instanceof UserError)) throw error;
      }
      expect(performance.now() - began).toBeLessThan(60_000);
    }
  });
});
