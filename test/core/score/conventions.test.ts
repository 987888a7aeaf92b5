/** Made-up answers, read here and by the released code of the papers: parity/reference/conventions.py wrote what that reads. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { toraAnswer } from '../../../src/core/score/read/math-tora.js';
import { choice } from '../../../src/core/score/scorers/choice.js';
import { number } from '../../../src/core/score/scorers/number.js';
import { answerOf } from './judge.js';

type Cases = readonly (readonly [answer: string, read: string | null])[];

const file = new URL('../../fixtures/reference/conventions.json.gz', import.meta.url);
const { cases } = JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as {
  readonly cases: Readonly<Record<'mmlu-pro' | 'zero-shot-cot' | 'gsm8k' | 'tora', Cases>>;
};

const READERS: Readonly<Record<keyof typeof cases, (output: string) => unknown>> = {
  'mmlu-pro': (output) => answerOf(choice, { output, target: 'A' }, { extract: 'mmlu-pro', choices: 10 }),
  'zero-shot-cot': (output) => answerOf(number, { output, target: '7' }, { convention: 'zero-shot-cot' }),
  gsm8k: (output) => answerOf(number, { output, target: '7' }, { convention: 'gsm8k' }),
  tora: toraAnswer,
};

test.each(Object.keys(READERS) as (keyof typeof READERS)[])('%s reads what the code of the paper reads', (name) => {
  expect(cases[name].length).toBe(1500);
  for (const [answer, read] of cases[name]) expect([answer, READERS[name](answer)]).toEqual([answer, read]);
});

test('zero-shot-cot compares with the target as the data have it, thousands and all', () => {
  const score = (output: string, target: string) =>
    answerOf(number, { output, target }, { convention: 'zero-shot-cot' }) !== null &&
    number.score({ output, target, fields: {} }, number.options.parse({ convention: 'zero-shot-cot' }));
  expect(score('1,234', 'So it is 1,234.\n#### 1,234')).toMatchObject({ value: 0 });
  expect(score('1,234', 'So it is 1,234.\n#### 1234')).toMatchObject({ value: 1 });
  expect(score('1234', ' 1234 ')).toMatchObject({ value: 1 });
});
