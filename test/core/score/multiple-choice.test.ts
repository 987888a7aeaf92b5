import { expect, test } from 'vitest';
import { multipleChoice } from '../../../src/core/score/scorers/multiple-choice.js';
import { judge, metricsOf, scoreOf } from './judge.js';

const fields = { choices: ['no', 'certainly not', 'ja ❤'] };
const evidence = {
  effect: 'loglikelihoods',
  conditional: [-3, -9, -3.6],
  unconditional: [-1, -8.5, -2],
  tokens: [1, 2, 3],
} as const;

test('the same likelihoods rank choices as they are, per character, byte and token, and by what the question added', () => {
  // Per character -1.5, -0.69, -0.9; per byte -1.5, -0.69, -0.6; per token -3, -4.5, -1.2; added -2, -0.5, -1.6.
  expect(judge(multipleChoice, { output: '', target: 0, fields, evidence })).toMatchObject({
    value: 1,
    answer: 'no',
    details: { acc: 1, acc_norm: 0, acc_bytes: 0, acc_tokens: 0, acc_mutual_info: 0 },
  });
  expect(scoreOf(multipleChoice, { output: '', target: 1, fields, evidence }, { value: 'acc_norm' })).toBe(1);
  expect(scoreOf(multipleChoice, { output: '', target: 2, fields, evidence }, { value: 'acc_bytes' })).toBe(1);
  expect(scoreOf(multipleChoice, { output: '', target: 2, fields, evidence }, { value: 'acc_tokens' })).toBe(1);
  expect(scoreOf(multipleChoice, { output: '', target: 'B', fields, evidence }, { value: 'acc_mutual_info' })).toBe(1);
});

test('of equals the first wins, as numpy has it', () => {
  const even = { effect: 'loglikelihoods', conditional: [-2, -2, -3] } as const;
  expect(scoreOf(multipleChoice, { output: '', target: 0, fields, evidence: even })).toBe(1);
  expect(scoreOf(multipleChoice, { output: '', target: 1, fields, evidence: even })).toBe(0);
});

test('mc2 is the probability on the right choices, also where every one is very unlikely', () => {
  const far = { effect: 'loglikelihoods', conditional: [-2000, -2000, -2000 + Math.log(2)] } as const;
  expect(scoreOf(multipleChoice, { output: '', target: [0, 1], fields, evidence: far }, { value: 'mc2' })).toBeCloseTo(
    0.5,
    12,
  );
});

test('what the engine did not give is unscored, and missing from the cell', () => {
  const bare = { effect: 'loglikelihoods', conditional: [-1, -2, -3] } as const;
  expect(
    judge(multipleChoice, { output: '', target: 0, fields, evidence: bare }, { value: 'acc_mutual_info' }),
  ).toMatchObject({
    state: 'unscored',
  });
  expect(judge(multipleChoice, { output: 'no', target: 0, fields })).toMatchObject({ state: 'unscored' });
  expect(metricsOf(multipleChoice, [{ output: '', target: 0, fields, evidence: bare }])).toMatchObject({
    acc: { value: 1 },
    acc_tokens: { missing: expect.any(String) },
  });
});

test('a target is an index, a letter, or the text of a choice', () => {
  for (const target of [1, '1', 'B', 'certainly not', [1]]) {
    expect(scoreOf(multipleChoice, { output: '', target, fields, evidence }, { value: 'acc_norm' })).toBe(1);
  }
  expect(judge(multipleChoice, { output: '', target: 'maybe', fields, evidence })).toMatchObject({ state: 'unscored' });
});
