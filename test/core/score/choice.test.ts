import { describe, expect, test } from 'vitest';
import { choice } from '../../../src/core/score/scorers/choice.js';
import { answerOf, judge, scoreOf } from './judge.js';

describe('flexible', () => {
  test.each([
    ['B', 'B'],
    ['b.', 'B'],
    ['(C)', 'C'],
    ['**D**', 'D'],
    ['B) Paris', 'B'],
    ['C: because it is', 'C'],
    ['The correct answer is (B).', 'B'],
    ['The answer is **C**', 'C'],
    ['Answer: A. No wait. Answer: D', 'D'],
    ['So we get \\boxed{B}', 'B'],
    ['So we get $\\boxed{\\text{C}}$', 'C'],
    ['A careful reader picks C here', 'C'],
    ['the answer is a matter of taste', null],
    ['E', null],
    ['', null],
    ['either B or C', null],
    ['Así es, no hay respuesta.', null],
    ['Dès lors il est impossible de répondre.', null],
    ['Ça dépend.', null],
    ['Això és tot', null],
    ['Βέβαια', null],
    ['probably A or C.', null],
    ['A/B', null],
    ['A or C', null],
    ['It is not C.', null],
    ["It can't be (C)", null],
    ['Das ist nicht die C', null],
    ['not option C', null],
    ['I do not like it, but the answer: C', 'C'],
    ['B, C', null],
    ['The answer is A or B.', null],
    ['The answer is A or B. On reflection, the answer is B.', 'B'],
    ['A, because the sky is blue', 'A'],
    ['A because the sky is blue', 'A'],
    ['A is correct', 'A'],
    ['A dog barks.', null],
    ['A good answer takes time', null],
    ['D, 21 min.\n\nA and B can build the wall in 85 minutes.', 'D'],
    ['C - the largest of them', 'C'],
    ['B\nB is the capital, A is not.', 'B'],
    ['D.C. is the capital', null],
    ['vitamin B-12 and T-cells', null],
    ['答えはBです', 'B'],
    ['正解：（Ｂ）', 'B'],
    ['答案是C。', 'C'],
    ['La respuesta es B', 'B'],
    ['La réponse est C, car A est faux', 'C'],
    ['Die Antwort ist D.', 'D'],
    ['Ответ: B', 'B'],
    ['**Answer:** B', 'B'],
    ['The correct answer is **(C) Paris**', 'C'],
    ['The answer is: D', 'D'],
    ["I think it's C", 'C'],
    ['I would choose option b.', 'B'],
    ['The answer should be B, not A', 'B'],
    ['{"reason": "D is out, A too", "answer": "C"}', 'C'],
    ['{"answer_choice": "B", "step_by_step_thinking": "A is wrong"}', 'B'],
    ['```json\n{"answer": "(D)"}\n```', 'D'],
    ['Here it is: {"answer": "C. Paris"} and no more A', 'C'],
    ['{"answer": "none", "reason": "B is close"}', null],
    ['{"answer": ["A", "C"]}', null],
    ['{"answer": "A or C"}', null],
    ['{"reason": "D is out", "answer": "C"', 'C'],
    ['{"note": "no field for it"} B', 'B'],
  ])('"%s" answers %s', (output, letter) => {
    expect(answerOf(choice, { output, target: 'A' })).toBe(letter);
  });

  test('the text of a choice is as good as its letter', () => {
    const fields = { choices: ['Rome', 'Paris', 'Oslo'] };
    expect(answerOf(choice, { output: 'Paris.', target: 'B', fields })).toBe('B');
    expect(scoreOf(choice, { output: 'D', target: 'B', fields })).toBe(0);
  });
});

test('of several statements the last counts, or the first where a base model runs on', () => {
  const output = 'The answer is (B).\n\nQuestion: next one\nThe answer is (C).';
  expect(answerOf(choice, { output, target: 'B' })).toBe('C');
  expect(answerOf(choice, { output, target: 'B' }, { take: 'first' })).toBe('B');
  expect(answerOf(choice, { output: ' B\n\nQuestion: next\nAnswer: C', target: 'B' }, { take: 'first' })).toBe('B');
  expect(answerOf(choice, { output: '{"answer": "B"}\n{"answer": "C"}', target: 'B' }, { take: 'first' })).toBe('B');
});

test('a letter that is part of a Greek word is none', () => {
  const fields = { choices: [...'abcdefgh'] };
  expect(answerOf(choice, { output: 'ΔH = -10 kcal', target: 'H', fields })).toBeNull();
  expect(answerOf(choice, { output: 'E, Washington D.C.', target: 'E', fields })).toBe('E');
});

test('a target is a letter, an index from 0, or the text of a choice', () => {
  const fields = { choices: { text: ['Rome', 'Paris'], label: ['A', 'B'] } };
  for (const target of ['B', '(b)', 1, '1', 'Paris']) expect(scoreOf(choice, { output: 'B', target, fields })).toBe(1);
  expect(judge(choice, { output: 'B', target: 'Z' })).toMatchObject({ state: 'unscored' });
});

test('strict takes nothing but the letter', () => {
  expect(answerOf(choice, { output: ' (B) ', target: 'A' }, { extract: 'strict' })).toBe('B');
  expect(answerOf(choice, { output: 'The answer is B', target: 'A' }, { extract: 'strict' })).toBeNull();
});

// Behaviour of TIGER-AI-Lab/MMLU-Pro compute_accuracy.py.
test.each([
  ['The answer is (C). The answer is (D).', 'C'],
  ['Answer: A or Answer: B\nAnswer: C', 'B'],
  ['answer:\n\nG', 'G'],
  ['It may be A, or J', 'J'],
  ['no idea', null],
])('mmlu-pro reads "%s" as %s', (output, letter) => {
  expect(answerOf(choice, { output, target: 'A' }, { extract: 'mmlu-pro', choices: 10 })).toBe(letter);
});
