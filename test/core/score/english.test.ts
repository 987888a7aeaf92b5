import { expect, test } from 'vitest';
import { splitSentences, splitTokens } from '../../../src/core/score/text/english.js';
import '../../support/language-tables.js';

// What nltk 3.9.1 gives with its English Punkt model.
test.each([
  [
    'Mr. Smith went to Washington. He arrived at 5 p.m. on Jan. 3.',
    ['Mr. Smith went to Washington.', 'He arrived at 5 p.m. on Jan. 3.'],
  ],
  ['Very bad acting!!! I promise.', ['Very bad acting!!!', 'I promise.']],
  ['(Sent1.) Sent2.', ['(Sent1.)', 'Sent2.']],
  ['He said "No." Then he left.', ['He said "No."', 'Then he left.']],
  ['1. First item\n2. Second item', ['1.', 'First item\n2.', 'Second item']],
  ['Mr. J. B. Fox came at 5 a.m. He slept.', ['Mr. J.', 'B.', 'Fox came at 5 a.m.', 'He slept.']],
  ['J. Bach wrote it. I. Introduction', ['J. Bach wrote it.', 'I.', 'Introduction']],
  ['Wait... what? Yes', ['Wait... what?', 'Yes']],
  ['the U.S. The next day', ['the U.S.', 'The next day']],
  ['', []],
  ['no stop', ['no stop']],
])('splits %j into sentences', (text, sentences) => {
  expect(splitSentences(text)).toEqual(sentences);
});

// The examples of NLTKWordTokenizer's documentation, and contractions.
test.each([
  [
    'Good muffins cost $3.88 (roughly 3,36 euros)\nin New York.  Please buy me\ntwo of them.\nThanks.',
    'Good muffins cost $ 3.88 ( roughly 3,36 euros ) in New York . Please buy me two of them . Thanks .',
  ],
  ["I CANNOT and DON'T; it's gonna be o'clock", "I CAN NOT and DO N'T ; it 's gon na be o'clock"],
  ['He said "hi" -- twice', "He said `` hi '' -- twice"],
])('splits %j into tokens', (text, tokens) => {
  expect(splitTokens(text).join(' ')).toBe(tokens);
});
