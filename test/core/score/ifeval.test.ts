import { describe, expect, test } from 'vitest';
import { INSTRUCTIONS } from '../../../src/core/score/read/ifeval-instructions.js';
import { ifeval } from '../../../src/core/score/scorers/ifeval.js';
import '../../support/language-tables.js';
import { judge, metricsOf } from './judge.js';

test('all 25 instructions of IFEval are known', () => {
  expect(Object.keys(INSTRUCTIONS)).toHaveLength(25);
});

// One response that follows and one that does not, by the rules of instructions.py and the examples of its tests.
test.each<[string, object, string, string]>([
  ['keywords:existence', { keywords: ['romantic', 'river'] }, 'A ROMANTIC river', 'a romantic lake'],
  ['keywords:frequency', { keyword: 'war', frequency: 2, relation: 'at least' }, 'War and warfare', 'war'],
  ['keywords:frequency', { keyword: 'war', frequency: 2, relation: 'less than' }, 'war', 'war, war'],
  ['keywords:forbidden_words', { forbidden_words: ['bow'] }, 'elbows and rainbows', 'take a Bow.'],
  ['keywords:letter_frequency', { letter: 'T', let_frequency: 3, let_relation: 'at least' }, 'tatters', 'tea'],
  ['keywords:letter_frequency', { letter: '#', let_frequency: 2, let_relation: 'at least' }, '#a #b', '#a'],
  [
    'language:response_language',
    { language: 'de' },
    'Das ist ein schöner Tag, und die Sonne scheint über dem Haus.',
    'This is a beautiful day and the sun shines.',
  ],
  ['length_constraints:number_sentences', { num_sentences: 2, relation: 'less than' }, 'Only Mr. Smith.', 'One. Two.'],
  ['length_constraints:number_paragraphs', { num_paragraphs: 2 }, 'one\n***\ntwo\n***', 'one\n***\n***\ntwo'],
  ['length_constraints:number_words', { num_words: 3, relation: 'at least' }, "d'accord, monsieur", 'two words'],
  [
    'length_constraints:nth_paragraph_first_word',
    { num_paragraphs: 2, nth_paragraph: 2, first_word: 'Hello' },
    'Hi\n\n"Hello", she said',
    'Hello\n\nHi',
  ],
  ['detectable_content:number_placeholders', { num_placeholders: 2 }, '[name] of [city]', '[name\n] of [city]'],
  ['detectable_content:postscript', { postscript_marker: 'P.S.' }, 'Bye.\np. s. more', 'Bye. PS more'],
  ['detectable_content:postscript', { postscript_marker: 'P.P.S' }, 'Bye.\nP.P.S more', 'Bye.\nP.S. more'],
  ['detectable_format:number_bullet_lists', { num_bullets: 2 }, '* one\n - two', '* one\n** two'],
  ['detectable_format:constrained_response', {}, 'Well: My answer is maybe.', 'Maybe.'],
  ['detectable_format:number_highlighted_sections', { num_highlights: 2 }, '*one* and **two**', '*one* and ** **'],
  [
    'detectable_format:multiple_sections',
    { section_spliter: 'SECTION', num_sections: 2 },
    'SECTION 1\na\nSECTION 2\nb',
    'Section 1 Section 2',
  ],
  ['detectable_format:json_format', {}, '```json\n{"a": NaN}\n```', '{a: 1}'],
  ['detectable_format:title', {}, 'My <<title>> here', '<< >>'],
  ['detectable_format:title', {}, '<<<a>>>', '<<<>>>'],
  ['combination:two_responses', {}, 'one\n******\ntwo', 'one\n******\none'],
  ['combination:repeat_prompt', { prompt_to_repeat: 'Say hi.' }, ' say HI. Hi!', 'Hi! Say hi.'],
  ['startend:end_checker', { end_phrase: 'The End.' }, 'and so on. "the end."', 'the end. Bye'],
  ['startend:quotation', {}, ' "quoted" ', '"quoted'],
  ['change_case:capital_word_frequency', { capital_frequency: 2, capital_relation: 'at least' }, 'I AM here', 'Am NOT'],
  [
    'change_case:english_capital',
    {},
    'THIS IS A LONG SENTENCE IN ENGLISH THAT EVERY READER OF THE HOUSE WILL UNDERSTAND WITH EASE',
    'This Is Not',
  ],
  ['change_case:english_lowercase', {}, 'this is a sentence that every reader will understand', 'This is not'],
  ['punctuation:no_comma', {}, 'none here', 'one, here'],
])('%s %j', (instruction, given, follows, fails) => {
  expect(INSTRUCTIONS[instruction]!(follows, given as Record<string, unknown>)).toBe(true);
  expect(INSTRUCTIONS[instruction]!(fails, given as Record<string, unknown>)).toBe(false);
});

describe('a response', () => {
  const fields = {
    instruction_id_list: ['punctuation:no_comma', 'startend:quotation'],
    kwargs: [{}, { num_words: null }],
  };

  test('counts when it follows every instruction', () => {
    expect(judge(ifeval, { output: '"fine"', fields })).toMatchObject({
      value: 1,
      details: { strict: true, loose: true },
    });
    expect(judge(ifeval, { output: 'fine', fields })).toMatchObject({
      value: 0,
      details: { 'strict 0 punctuation:no_comma': true, 'strict 1 startend:quotation': false },
    });
  });

  test('may be followed loosely: without its first or last line, or asterisks', () => {
    const output = 'Sure, here you are:\n"fine"';
    expect(judge(ifeval, { output, fields })).toMatchObject({ value: 0, details: { strict: false, loose: true } });
    expect(judge(ifeval, { output, fields }, { verdict: 'loose' })).toMatchObject({ value: 1 });
  });

  test('that is silent follows nothing', () => {
    expect(
      judge(ifeval, { output: ' \n', fields: { ...fields, instruction_id_list: ['punctuation:no_comma'] } }),
    ).toMatchObject({ value: 0, answer: null });
  });

  test('to an instruction that is not known, or lacks its argument, is unscored', () => {
    expect(judge(ifeval, { output: 'x', fields: { instruction_id_list: ['toString'] } })).toMatchObject({
      state: 'unscored',
    });
    expect(
      judge(ifeval, { output: 'x', fields: { instruction_id_list: ['keywords:existence'], kwargs: [{}] } }),
    ).toMatchObject({
      state: 'unscored',
      reason: 'expected a list as keywords, found nothing',
    });
    expect(judge(ifeval, { output: 'x' })).toMatchObject({ state: 'unscored' });
  });
});

test('a cell has shares of prompts and of instructions, and of each kind', () => {
  const fields = { instruction_id_list: ['punctuation:no_comma', 'startend:quotation'], kwargs: [{}, {}] };
  const metrics = metricsOf(ifeval, [
    { output: '"a"', fields },
    { output: 'b', fields },
  ]);
  expect(metrics).toMatchObject({
    promptStrict: { value: 0.5 },
    instructionStrict: { value: 0.75 },
    'strict startend:quotation': { value: 0.5 },
    'loose punctuation:no_comma': { value: 1 },
  });
  expect(metricsOf(ifeval, []).promptStrict).toHaveProperty('missing');
});
