/** Special tokens are text in every engine alike: the reference model writes one where its vocabulary says so. */
import { describe, expect, test } from 'vitest';
import { PLAIN } from '../../src/backends/chat-template.js';
import { createAnswer } from '../../src/backends/huggingface/answer.js';
import type { TextModel } from '../../src/backends/huggingface/text-model.js';

/** The end of thinking of DeepSeek-R1 and Qwen3, Magistral, gpt-oss, and of DeepSeek-V3.1 in letters of its own. */
const MARKS = ['</think>', '[/THINK]', '<|message|>', '<｜end▁of▁thinking｜>'];

function textModel(mark: string): TextModel {
  const tokens = ['yes', mark, ' no', '<|end|>'];
  return {
    template: PLAIN,
    endToken: 3,
    emptyContext: 0,
    encode: () => [],
    decode: (ids) => ids.map((id) => tokens[id]).join(''),
    specialToken: (words) => ([1, 3].includes(tokens.indexOf(words)) ? tokens.indexOf(words) : null),
  };
}

function answerOf(mark: string, tokens: readonly number[], stop: string[] = []): string {
  const answer = createAnswer(textModel(mark), { maxTokens: 10, stop, endTokens: [3] });
  let said = '';
  for (const token of tokens) {
    const taken = answer.take(token);
    said += taken.text;
    if (taken.finish !== null) return said;
  }
  return said;
}

describe.each(MARKS)('the special token %s', (mark) => {
  test('is part of the answer in its middle, and the one that ends it is not', () => {
    expect(answerOf(mark, [0, 1, 2, 3])).toBe(`yes${mark} no`);
  });

  test.each([
    ['is the token', [mark], ' noyes'],
    ['begins with it', [`${mark} no`], ' noyes'],
    ['ends before it', ['yes'], ' no'],
  ])('ends the answer where a stop string %s', (_, stop, expected) => {
    expect(answerOf(mark, [2, 0, 1, 2, 3], stop)).toBe(expected);
  });
});
