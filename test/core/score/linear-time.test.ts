/** Hostile outputs of a megabyte: what reads them takes seconds, where a quadratic reading would take many minutes and end the test. */
import { expect, test } from 'vitest';
import { INSTRUCTIONS } from '../../../src/core/score/read/ifeval-instructions.js';
import { choice } from '../../../src/core/score/scorers/choice.js';
import { number } from '../../../src/core/score/scorers/number.js';
import { splitSentences, splitTokens } from '../../../src/core/score/text/english.js';
import '../../support/language-tables.js';
import { judge, scoreOf } from './judge.js';

test('the instructions of IFEval check near-misses in linear time', () => {
  const given = {
    keywords: ['a+b'],
    keyword: 'x',
    frequency: 1,
    relation: 'at least',
    forbidden_words: ['y'],
    letter: 'z',
    let_frequency: 1,
    let_relation: 'at least',
    language: 'en',
    num_sentences: 3,
    num_paragraphs: 2,
    num_words: 3,
    nth_paragraph: 1,
    first_word: 'q',
    num_placeholders: 1,
    postscript_marker: 'P.S.',
    num_bullets: 1,
    num_highlights: 1,
    section_spliter: 'SECTION',
    num_sections: 1,
    prompt_to_repeat: 'r',
    end_phrase: 'e',
    capital_frequency: 1,
    capital_relation: 'at least',
  };
  for (const piece of ['[', '<', '*', '\n', ' ', '***', '"', '<<a', 'p. ', '-\n', '\n\n']) {
    const response = piece.repeat(Math.floor(300_000 / piece.length));
    for (const check of Object.values(INSTRUCTIONS)) expect(typeof check(response, given)).toBe('boolean');
  }
});

test('a text without a sentence is split in linear time', () => {
  for (const piece of ['. ', '.', ' ', 'a.b', '"', "') ", 'x.)))) ', '?! ', '-']) {
    const text = piece.repeat(Math.floor(200_000 / piece.length));
    expect(splitSentences(text).join('').length).toBeLessThanOrEqual(text.length);
    splitTokens(text);
  }
});

test('near-misses of a choice are read in linear time', () => {
  for (const piece of ['answer ', 'answer is ((((', ' ', 'Answer:\n', '\\boxed{', 'A ', '{"answer":', '{', 'A or ']) {
    const output = piece.repeat(Math.floor(1_000_000 / piece.length));
    for (const extract of ['strict', 'flexible', 'mmlu-pro'])
      expect(judge(choice, { output, target: 'B' }, { extract })).toMatchObject({ value: 0 });
  }
});

test('digits, commas and markers are read in linear time', () => {
  for (const text of ['1,'.repeat(500_000), '9'.repeat(1_000_000), '#### '.repeat(200_000), '-.'.repeat(500_000)]) {
    for (const convention of ['numeric', 'gsm8k', 'gsm8k-strict', 'gsm8k-flexible', 'zero-shot-cot']) {
      expect(scoreOf(number, { output: text, target: '77' }, { convention })).toBe(0);
    }
  }
});
