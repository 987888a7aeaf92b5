import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Evidence, Scored, ScoreInput, Scorer } from '../../../src/core/score/score.js';
import { SCORER_NAMES, SCORERS, type ScorerName } from '../../../src/core/score/table.js';
import '../../support/language-tables.js';
import { judge } from './judge.js';

/** What each scorer judges by, beside the output; nothing where a text as target suffices. */
const INPUTS: Partial<Record<ScorerName, Partial<ScoreInput>>> = {
  number: { target: 4 },
  choice: { target: 'B', fields: { choices: ['Rome', 'Paris'] } },
  'multiple-choice': { target: 1, fields: { choices: ['Rome', 'Paris'] } },
  json: { target: { city: 'Paris' } },
  'multi-label': { target: ['Paris', 'Rome'] },
  ordinal: { target: 3 },
  entities: { target: [{ text: 'Paris', type: 'LOC' }] },
  'function-calls': {
    target: [{ f: { a: [1] } }],
    fields: { function: [{ name: 'f', parameters: { properties: { a: { type: 'integer' } }, required: ['a'] } }] },
  },
  ifeval: { fields: { instruction_id_list: ['punctuation:no_comma'], kwargs: [{}] } },
  code: { fields: { prompt: 'p', test: 't', entry_point: 'f' } },
  refusal: { target: 'safe' },
  bbq: {
    target: 0,
    fields: {
      ans0: 'x',
      ans1: 'y',
      ans2: 'unknown',
      category: 'c',
      question_polarity: 'neg',
      context_condition: 'ambig',
      answer_info: { ans0: ['x', 'x'], ans1: ['y', 'y'], ans2: ['unknown', 'unknown'] },
    },
  },
  winobias: { fields: { stereotype: 'pro' } },
};

const OPTIONS: Partial<Record<ScorerName, object>> = {
  regex: { pattern: '(a+)+b' },
  judge: { rubric: 'Be right.' },
  own: { module: './mine.mjs' },
};

const EVIDENCE: Readonly<Record<Evidence['effect'], Evidence>> = {
  loglikelihoods: { effect: 'loglikelihoods', conditional: [-1, -2] },
  embeddings: {
    effect: 'embeddings',
    vectors: [
      [1, 0],
      [0, 1],
    ],
  },
  judge: { effect: 'judge', answers: ['[[3]]'] },
  sandbox: { effect: 'sandbox', result: 'passed', message: '' },
  own: { effect: 'own', verdict: { value: 0.5 } },
};

/** The headings of docs/scorers.md; one may hold several scorers. */
const SECTIONS = [
  ...readFileSync(new URL('../../../docs/scorers.md', import.meta.url), 'utf8').matchAll(/^### (.+)$/gm),
].flatMap(([, heading]) => heading!.split(', '));

test('docs/scorers.md has a section for every scorer, and for no other', () => {
  expect(SECTIONS.sort()).toEqual([...SCORER_NAMES].sort());
});

const HOSTILE: Readonly<Record<string, string>> = {
  silence: '',
  blanks: ' \n\t\u00a0\u3000'.repeat(40_000),
  nulls: '\u0000'.repeat(1000),
  'a lone surrogate': '\ud800 a \udc00',
  'one letter': 'a'.repeat(200_000),
  digits: '1,'.repeat(100_000),
  brackets: '[{("'.repeat(50_000),
  'closing brackets': '}])'.repeat(60_000),
  backslashes: '\\boxed{'.repeat(30_000),
  lines: 'x\n'.repeat(100_000),
  stops: '. '.repeat(100_000),
  prototype: '{"__proto__": {"polluted": true}}',
  numbers: 'NaN Infinity -0 1e999',
};

function nested(levels: number): unknown {
  let value: unknown = 'a';
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}

/** What a row may hold where a target is looked for. */
const HOSTILE_TARGETS: Readonly<Record<string, unknown>> = {
  nothing: null,
  'an empty text': '',
  'an empty list': [],
  'an empty object': {},
  'a number that is none': Number.NaN,
  'a long text': 'a '.repeat(20_000),
  'a long number': '9'.repeat(40_000),
  'a long formula': `\\frac{${'1+'.repeat(8_000)}1}{2}`,
  'many targets': Array.from({ length: 4_000 }, (_, index) => `answer ${index}`),
  'a list in a list': [['a'], [1]],
  'a deep list': nested(20_000),
  'deep JSON': `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  'the name of a prototype': '__proto__',
  'an object with a prototype': JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}'),
  'a lone surrogate': '\ud800',
};

/** Far more than any of them needs, and far less than a quadratic algorithm would take. */
const MOST_SECONDS = 3;

describe.each(SCORER_NAMES)('%s', (name) => {
  const scorer: Scorer = SCORERS[name] as unknown as Scorer;
  const input = { target: 'Paris', ...INPUTS[name], ...(scorer.needs && { evidence: EVIDENCE[scorer.needs] }) };
  const options = OPTIONS[name] ?? {};

  test('says in one line what it does and whom it follows', () => {
    expect(scorer.summary).toMatch(/^[^\n]{10,100}$/);
    expect(scorer.reference).toMatch(/^[^\n]{4,120}$/);
  });

  test('refuses an option that it does not have', () => {
    expect(scorer.options.safeParse({ ...options, nonsense: 1 }).success).toBe(false);
  });

  test.each(Object.keys(HOSTILE))('judges %s: from 0 to 1, and as data that can be logged', (kind) => {
    const started = performance.now();
    const score = judge(scorer, { output: HOSTILE[kind]!, ...input }, options);
    expect((performance.now() - started) / 1000).toBeLessThan(MOST_SECONDS);
    expect(score).toMatchObject({ state: 'scored' });
    const { value } = score as Scored;
    expect(value).toBeGreaterThanOrEqual(0);
    expect(value).toBeLessThanOrEqual(1);
    expect(JSON.parse(JSON.stringify(score))).toEqual(score);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test.each(Object.keys(HOSTILE_TARGETS))('judges against %s, or says that it cannot', (kind) => {
    for (const output of ['Paris', 'a '.repeat(20_000), '{"a": 1}']) {
      const started = performance.now();
      const score = judge(scorer, { output, ...input, target: HOSTILE_TARGETS[kind] }, options);
      expect((performance.now() - started) / 1000).toBeLessThan(MOST_SECONDS);
      if (score.state === 'unscored') expect(score.reason).toMatch(/^[^\n]{8,}$/);
      else expect(score.details?.fault ?? '').not.toMatch(/call stack|undefined|not a function/);
    }
  });

  test('gives metrics that are known or say why they are not', () => {
    const aggregate = scorer.aggregate?.(scorer.options.parse(options));
    for (const stage of ['before', 'after']) {
      for (const metric of Object.values(aggregate?.metrics() ?? {})) {
        if ('missing' in metric) expect(metric.missing, stage).not.toBe('');
        else expect(Number.isFinite(metric.value), stage).toBe(true);
      }
      const whole: ScoreInput = { output: 'Paris', fields: {}, ...input };
      aggregate?.add({ sample: 's', input: whole, score: judge(scorer, { output: 'Paris', ...input }, options) });
      aggregate?.add({ sample: 's', input: whole, score: { state: 'unscored', reason: 'nobody knows' } });
    }
  });
});

const NEEDY = SCORER_NAMES.filter((name) => (SCORERS[name] as unknown as Scorer).needs !== undefined);

test.each(NEEDY)('%s is unscored without the evidence that it needs', (name) => {
  const scorer = SCORERS[name] as unknown as Scorer;
  const { target = 'Paris', fields = {} } = INPUTS[name] ?? {};
  expect(judge(scorer, { output: 'Paris', target, fields }, OPTIONS[name] ?? {})).toMatchObject({ state: 'unscored' });
});
