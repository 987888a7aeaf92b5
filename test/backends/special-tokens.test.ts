/** Special tokens are text in every engine alike: the reference model writes one where its vocabulary says so. */
import { expect, test } from 'vitest';
import { PLAIN } from '../../src/backends/chat-template.js';
import { createAnswer } from '../../src/backends/huggingface/answer.js';
import type { TextModel } from '../../src/backends/huggingface/text-model.js';

const TOKENS = ['yes', '</think>', ' no', '<|end|>'];
const text: TextModel = {
  template: PLAIN,
  endToken: 3,
  emptyContext: 0,
  encode: () => [],
  decode: (ids) => ids.map((id) => TOKENS[id]).join(''),
  specialToken: (words) => ([1, 3].includes(TOKENS.indexOf(words)) ? TOKENS.indexOf(words) : null),
};

function answerOf(tokens: readonly number[], stop: string[] = []): string {
  const answer = createAnswer(text, { maxTokens: 10, stop, endTokens: [3] });
  let said = '';
  for (const token of tokens) {
    const taken = answer.take(token);
    said += taken.text;
    if (taken.finish !== null) return said;
  }
  return said;
}

test('a special token in the middle of an answer is part of it, and the one that ends it is not', () => {
  expect(answerOf([0, 1, 2, 3])).toBe('yes</think> no');
});

test.each([
  ['is one', ['</think>']],
  ['begins with one', ['</think> no']],
  ['ends before one', ['yes']],
])('a stop string that %s ends the answer', (_, stop) => {
  expect(answerOf([2, 0, 1, 2, 3], stop)).toBe(stop[0] === 'yes' ? ' no' : ' noyes');
});
