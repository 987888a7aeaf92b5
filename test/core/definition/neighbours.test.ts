/**
 * Data as people have them: rows that were once refused, or sent as they should not be, each with neighbours in other shapes.
 * Whoever mends one shape and breaks the next finds it here.
 */
import { describe, expect, test } from 'vitest';
import { sampleReader } from '../../../src/core/definition/sample.js';
import { taskSchema } from '../../../src/core/definition/suite.js';
import type { Row } from '../../../src/core/message.js';

/** A reader of the samples of a task, from what a suite says of it over the least that it must say. */
function readerOf(task: object) {
  const least = { name: 't', prompt: { user: '{{ q }}' }, samples: [{ q: '?' }], scorer: 'exact' };
  return sampleReader(taskSchema.parse({ ...least, ...task }), [], (text) => text);
}

describe('a target computed from a list of choices', () => {
  const targetOf = (target: unknown, row: Row) =>
    readerOf({ samples: { file: 'x.jsonl', fields: { target } } }).read({ q: '?', ...row }).target;
  const MMLU = { choices: ['x', 'y', 'z'], gold: 'y' };

  test.each<[string, Row, unknown]>([
    ['{{ choices.index(gold) }}', MMLU, '1'],
    ['{{ choices.index(gold) + 1 }}', MMLU, '2'],
    ["{{ 'ABC'[choices.index(gold)] }}", MMLU, 'B'],
    ["{{ ['A', 'B', 'C'][choices.index(gold)] }}", MMLU, 'B'],
    ['{{ row.choices.index(row.gold) }}', MMLU, '1'],
    ["{{ row['choices'].index(row['gold']) }}", MMLU, '1'],
    ['{{ choices[gold] }}', { choices: ['x', 'y'], gold: 1 }, 'y'],
    ["{{ 'ABCD'[answer] }}", { answer: 3 }, 'D'],
    ['{{ choices.label.index(answerKey) }}', { choices: { text: ['x', 'y'], label: ['A', 'B'] }, answerKey: 'B' }, '1'],
    [
      '{{ choices.text[choices.label.index(answerKey)] }}',
      { choices: { text: ['x', 'y'], label: ['1', '2'] }, answerKey: '2' },
      'y',
    ],
    ['{{ mc1.labels.index(1) }}', { mc1: { choices: ['x', 'y'], labels: [0, 1] } }, '1'],
    ["{{ answer.split('####')[1].strip() }}", { answer: 'So it is\n#### 12 ' }, '12'],
    ["{{ answer.split('#### ') | last }}", { answer: 'So it is\n#### 12' }, '12'],
    ['{{ label | int }}', { label: '3' }, '3'],
    ["{{ label.lower().replace('_', ' ') }}", { label: 'Card_Arrival' }, 'card arrival'],
    ["{{ ['neg', 'pos'][label] }}", { label: 1 }, 'pos'],
    ["{{ 'yes' if label else 'no' }}", { label: false }, 'no'],
    ["{{ {'0': 'neg', '1': 'pos'}[label] }}", { label: '1' }, 'pos'],
    ["{{ {'0': 'neg', '1': 'pos'}.get(label, 'none') }}", { label: '2' }, 'none'],
    ["{{ question.startswith('Is') }}", { question: 'Is it?' }, 'True'],
  ])('%s', (template, row, target) => {
    expect(targetOf(template, row)).toEqual(target);
  });

  test.each<[string, Row, string]>([
    ["{{ choices.index('w') }}", MMLU, "index: 'w' is not in it"],
    ['{{ choices.find(gold) }}', MMLU, 'a list has no method find here'],
    ['{{ choices.indexOf(gold) }}', MMLU, 'a list has no method indexOf here'],
    ['{{ gold.index(choices) }}', MMLU, 'index'],
    ['{{ options.index(gold) }}', MMLU, 'names "options"'],
    ['{{ choices.index(answer) }}', MMLU, 'names "answer"'],
  ])('%s is refused, and the sentence names what is missing', (template, row, words) => {
    expect(() => targetOf(template, row)).toThrow(words);
  });
});

describe('an image, a sound or a file in a row', () => {
  const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  const render = (content: unknown) => () => readerOf({ prompt: { user: '{{ content }}' } }).read({ content });

  test.each<[string, unknown]>([
    ['a part of a message of OpenAI', [{ type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } }]],
    ['an address on the web as a part', [{ type: 'image_url', image_url: { url: 'https://example.org/a.png' } }]],
    ['a part of the Responses protocol', [{ type: 'input_image', image_url: 'https://example.org/a.png' }]],
    [
      'a part of a message of Anthropic',
      [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } }],
    ],
    ['a sound as a part', [{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }]],
    ['a part for Gemini', [{ inline_data: { mime_type: 'image/png', data: PNG } }]],
    ['a part for Gemini in JavaScript', [{ inlineData: { mimeType: 'image/png', data: PNG } }]],
    [
      'a whole chat with a picture in it',
      [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }],
    ],
    ['an address of data', `data:image/jpeg;base64,${PNG}`],
    ['an address of data inside words', `What is this? ![](data:image/png;base64,${PNG})`],
    ['Base64 of PNG', PNG],
    ['Base64 of JPEG', `/9j/4AAQSkZJRgABAQAAAQABAAD${'/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgK'.repeat(3)}`],
    ['Base64 of a PDF', `JVBERi0xLjQKJeLjz9MK${'MSAwIG9iago8PC9UeXBlL0NhdGFsb2c+PgplbmRvYmoK'.repeat(3)}`],
    ['the image of a Hugging Face data set', { bytes: { bytes: 12, binary: true }, path: 'a.png' }],
    ['JPEG read as text', '\ufffd\ufffd\ufffd\ufffd\u0000\u0010JFIF\u0000'],
    ['PDF read as text', '%PDF-1.4\n%\ufffd\ufffd\ufffd\ufffd\n1 0 obj'],
  ])('is refused, because models are sent text alone: %s', (_, content) => {
    expect(render(content)).toThrow(
      /the template names "content", which holds .* text alone here; name a field of text/,
    );
  });

  test.each<[string, unknown]>([
    ['an address of an image in words', 'See https://example.org/a.png'],
    ['a path of an image', 'images/a.png'],
    ['a name of a type', 'image_url'],
    ['a text in Base64', 'SGVsbG8sIHdoYXQgaXMgdGhlIGNhcGl0YWwgb2YgRnJhbmNlPw=='],
    ['a long word', 'a'.repeat(500)],
    ['a hash', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['a sentence on PDF', 'A PDF begins with %PDF-1.4'],
    ['a part that is text', 'input_text'],
  ])('is not seen in %s', (_, content) => {
    expect(render(content)).not.toThrow();
  });
});
