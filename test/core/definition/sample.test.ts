import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { promptText, sampleReader } from '../../../src/core/definition/sample.js';
import { groupSchema, suiteSchema, taskSchema } from '../../../src/core/definition/suite.js';
import { UserError } from '../../../src/core/errors.js';
import { isChat, type Message, type Row, type Sample } from '../../../src/core/message.js';
import { ROOT } from '../../support/cli.js';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** The messages of a sample whose prompt is a chat. */
function messagesOf({ prompt }: Sample): readonly Message[] {
  if (!isChat(prompt)) throw new Error('the prompt is a plain text');
  return prompt.messages;
}

/** A task from what a suite file says of it, over the least that a task must say. */
function readerOf(said: Readonly<Record<string, unknown>> = {}, pool: readonly Row[] = []) {
  const task = { name: 't', prompt: { user: '{{ q }}' }, samples: [{ q: '?' }], scorer: 'exact', ...said };
  return sampleReader(taskSchema.parse(task), pool, sha256);
}

describe('prompts', () => {
  test('system, user and the beginning of the answer are rendered from the fields of the row', () => {
    const reader = readerOf({
      prompt: { system: 'Answer in {{ language }}.', user: 'Q: {{ q | upper }}', assistant: '{{ language }}:' },
    });
    expect(reader.read({ q: 'why?', language: 'Latin', target: 'quia' })).toMatchObject({
      target: 'quia',
      prompt: {
        messages: [
          { role: 'system', content: 'Answer in Latin.' },
          { role: 'user', content: 'Q: WHY?' },
          { role: 'assistant', content: 'Latin:' },
        ],
      },
    });
  });

  test('lists and mappings of a row can be gone through', () => {
    const user = '{% for c in choices %}{{ loop.index }}. {{ c.text }}\n{% endfor %}';
    const sample = readerOf({ prompt: { user } }).read({ choices: [{ text: 'a' }, { text: 'b' }] });
    expect(messagesOf(sample)[0]?.content).toBe('1. a\n2. b\n');
  });

  test('a row may have fields named as the template language names its own', () => {
    expect(messagesOf(readerOf().read({ q: 'x', range: '1-2', none: 0, true: 1 }))[0]?.content).toBe('x');
  });

  test('equal prompts have equal text, and the place of a word counts', () => {
    const text = (system: string, user: string) =>
      promptText({
        prompt: {
          messages: [
            { role: 'system', content: system },
            { role: 'user', content: user },
          ],
        },
      });
    expect(text('a', 'b')).toBe(text('a', 'b'));
    expect(text('ab', '')).not.toBe(text('a', 'b'));
  });
});

describe('a template that asks for what the row does not have is an error, never an empty question', () => {
  const complaintOf = (user: string, row: Row) => {
    try {
      readerOf({ prompt: { user } }).read(row);
      return null;
    } catch (error) {
      expect(error).toBeInstanceOf(UserError);
      return (error as UserError).message;
    }
  };

  test('a misspelt field is named, with the fields there are', () => {
    expect(complaintOf('{{ questoin }}', { question: 'a', id: 1 })).toBe(
      'prompt.user: the template names "questoin", which this row does not have (it has question, id)',
    );
  });

  test.each([
    ['in a loop', '{% for x in itmes %}{{ x }}{% endfor %}'],
    ['in a condition that compares', '{% if knid == "a" and q %}a{% endif %}b'],
    ['beside an operator that is a word', '{{ q in lsit }}'],
    ['as an index', '{{ q[kye] }}'],
    ['in an argument', '{{ q | replace(od, "b") }}'],
    ['in a filter block', '{% filter upper %}{{ txet }}{% endfilter %}'],
    ['in a macro', '{% macro m(a) %}{{ a }}{{ b }}{% endmacro %}{{ m(q) }}'],
  ])('%s', (_where, user) => expect(complaintOf(user, { q: 'a' })).toMatch(/the template names "\w+", which this row/));

  test.each([
    ['a default', '{{ hint | default("none") }}'],
    ['a condition', 'x{% if hint %}{{ hint }}{% endif %}'],
    ['a negated condition', '{% if not hint %}x{% else %}{{ hint }}{% endif %}'],
    ['a joined condition', 'x{% if hint and q %}{{ hint }}{% endif %}'],
    ['an inline condition', '{{ hint if hint else "x" }}'],
    ['an inline condition without an else', 'x{{ hint if hint }}'],
    ['a test', '{{ hint if hint is defined else "x" }}'],
  ])('%s says that a field may be absent', (_how, user) => expect(complaintOf(user, { q: 'a' })).toBeNull());

  test.each([
    ['a loop', '{% for x in [q, q] %}{{ x }}{{ loop.index }}{% endfor %}'],
    ['a set', '{% set y = q %}{{ y }}'],
    ['a macro', '{% macro m(a) %}{{ a }}{% endmacro %}{{ m(q) }}'],
    ['a filter block', '{% filter upper %}{{ q }}{% endfilter %}'],
    ['the language itself', '{% for i in range(2) %}{{ i }}{% endfor %}{{ true }}'],
  ])('names made by %s are no fields', (_how, user) => expect(complaintOf(user, { q: 'ab' })).toBeNull());

  test('a field without a value is as absent as a missing one', () => {
    expect(complaintOf('{{ q }}', { q: null })).toBe(
      'prompt.user: the template names "q", which is empty in this row; test for it with {% if q %}',
    );
  });

  test('a question that comes out blank is refused, as when the misspelling is inside a field', () => {
    expect(complaintOf('{{ q.txt }} ', { q: { text: 'a' } })).toMatch(/^prompt\.user: .* renders to an empty text/);
  });

  test('a template that does not parse is found before any row is read', () => {
    expect(() => readerOf({ prompt: { user: '{{ q' } })).toThrow(
      /^prompt\.user: expected a Jinja template, found one that/,
    );
  });

  test('a row with a thousand fields is not listed whole', () => {
    const row = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`f${i}`, i]));
    expect(complaintOf('{{ q }}', row)).toMatch(/f11 and 988 more\)$/);
  });
});

describe('ids, targets and groups', () => {
  test('are the fields of those names, or what the suite makes of others', () => {
    expect(readerOf().read({ q: 'a', id: 7, target: ['x', 'y'], group: 'g' })).toMatchObject({
      id: '7',
      target: ['x', 'y'],
      group: 'g',
    });
    const samples = {
      file: 'x.jsonl',
      fields: { id: '{{ doc }}-{{ n }}', target: '{{ answers[0] }}', group: '{{ doc }}' },
    };
    expect(readerOf({ samples }).read({ q: 'a', doc: 'd1', n: 3, answers: ['yes', 'ja'] })).toMatchObject({
      id: 'd1-3',
      target: 'yes',
      group: 'd1',
    });
  });

  test('a row without a target or group has none, which is not an empty one', () => {
    expect(readerOf().read({ q: 'a' })).toMatchObject({ target: null, group: null });
  });

  test('a target of zero or false is a target', () => {
    expect(readerOf().read({ q: 'a', target: 0 }).target).toBe(0);
    expect(readerOf().read({ q: 'a', target: false }).target).toBe(false);
  });

  test('a row without an id is known by its content, in whatever order its keys stand', () => {
    const { id } = readerOf().read({ q: 'a', meta: { x: 1, y: [1, 2] } });
    expect(id).toMatch(/^[0-9a-f]{16}$/);
    expect(readerOf().read({ meta: { y: [1, 2], x: 1 }, q: 'a' }).id).toBe(id);
    expect(readerOf().read({ meta: { y: [2, 1], x: 1 }, q: 'a' }).id).not.toBe(id);
  });

  test('rows that differ only inside a field are different rows', () => {
    const idOf = (text: string) => readerOf().read({ q: 'a', doc: { text } }).id;
    expect(idOf('one')).not.toBe(idOf('two'));
  });
});

describe('a plain text in fields', () => {
  const targetOf = (target: string, row: Row) =>
    readerOf({ samples: { file: 'x.csv', fields: { target } } }).read(row).target;

  test('that is the name of a column means that column, as it is', () => {
    expect(targetOf('queue', { q: '?', queue: 'billing' })).toBe('billing');
    expect(targetOf('Right answer', { q: '?', 'Right answer': ['a', 'b'] })).toEqual(['a', 'b']);
    const fields = { id: 'Ticket no.', group: 'customer' };
    const sample = readerOf({ samples: { file: 'x.csv', fields } }).read({ q: '?', 'Ticket no.': 7, customer: 'c' });
    expect([sample.id, sample.group]).toEqual(['7', 'c']);
  });

  test('that names no column stays itself, and so does a literal', () => {
    expect(targetOf('billing', { q: '?', queue: 'returns' })).toBe('billing');
    expect(targetOf("{{ 'queue' }}", { q: '?', queue: 'returns' })).toBe('queue');
  });

  test('is wanted of every row once a row had it', () => {
    const reader = readerOf({ samples: { file: 'x.jsonl', fields: { target: 'queue' } } });
    reader.read({ q: '?', queue: 'billing' });
    expect(() => reader.read({ q: '?' })).toThrow('expected the column "queue", which earlier rows have');
  });
});

describe('templates', () => {
  const render = (user: string, row: Row) => messagesOf(readerOf({ prompt: { user } }).read(row))[0]!.content;

  test('reach fields whose names are no variables through row', () => {
    expect(render("{{ row['Message text'] }}", { 'Message text': 'Hi' })).toBe('Hi');
    expect(render('{{ row.q }}!', { q: 'Hi' })).toBe('Hi!');
    expect(() => render("{{ row['Message txt'] }}", { 'Message text': 'Hi' })).toThrow('names "Message txt"');
    expect(render("x{{ row.get('other') }}", { q: 'Hi' })).toMatch(/^x/);
    expect(render('{{ row }}', { row: 'a field of that name' })).toBe('a field of that name');
  });

  test.each([
    ['{{ choices.index(gold) }}', '1'],
    ['{{ choices.count(gold) }}', '1'],
    ['{{ [1, 2, 2].count(2) }}', '2'],
    ["{{ ', '.join(choices) }}", 'x, y'],
    ["{{ gold.find('y') }}{{ gold.find('z') }}", '0-1'],
    ["{{ 'a-b-c'.partition('-')[2] }}", 'b-c'],
    ["{{ 'a-b-c'.rpartition('-')[0] }}", 'a-b'],
    ["{{ 'x.csv'.removesuffix('.csv') }}", 'x'],
    ["{{ 'Re: x'.removeprefix('Re: ') }}", 'x'],
    ["{{ '7'.zfill(3) }}{{ '-7'.zfill(3) }}", '007-07'],
    ["{{ 'a\nb\n'.splitlines() | length }}", '2'],
    ["{{ '12'.isdigit() and not 'x'.isdigit() }}", 'true'],
    ['{{ choices[choices.index(gold)].upper() }}', 'Y'],
    ["{{ 'b a'.split(' ').index('a') }}", '1'],
  ])('call the methods of Python: %s is %s', (template, text) => {
    expect(render(template, { choices: ['x', 'y'], gold: 'y' }).toLowerCase()).toBe(text.toLowerCase());
  });

  test('name the method that is missing, and the value that is not there', () => {
    expect(() => render('{{ choices.sort() }}', { choices: [2, 1] })).toThrow('a list has no method sort here');
    expect(() => render("{{ q.encode('utf8') }}", { q: 'x' })).toThrow('a text has no method encode here');
    expect(() => render("{{ choices.index('z') }}", { choices: ['x'] })).toThrow("index: 'z' is not in it");
  });

  test.each([
    [
      'a part of a message',
      [
        { type: 'text', text: 'what' },
        { type: 'image_url', image_url: { url: 'x' } },
      ],
    ],
    ['an address of data', 'data:image/png;base64,AAAA'],
    ['a picture read as text', '\ufffdPNG\r\n\u001a\n'],
    ['bytes of Parquet', { bytes: { bytes: 12, binary: true }, path: 'a.png' }],
    ['a text with control characters', 'a\u0000b'],
  ])('refuse %s: models are sent text alone', (_, content) => {
    expect(() => render('{{ content }}', { content })).toThrow(
      /the template names "content", which holds .* text alone/,
    );
    expect(render('{{ q }}', { content, q: 'fine' })).toBe('fine');
  });

  test.each([
    ['a truth is written as Python writes it', '{{ q == "x" }} {{ part.a }}', 'True None'],
    ['the clock stands still, so that prompts stay the same', '{{ strftime_now("%d %b %Y") }}', '26 Jul 2024'],
  ])('mean what they mean in Jinja: %s', (_, template, text) => {
    expect(render(template, { q: 'x', part: { a: null } })).toBe(text);
  });

  const NESTED = '{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}true';
  const DOUBLING =
    '{% set ns = namespace(x="ab") %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}';
  const CALLING = '{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}true';

  test.each<[string, Readonly<Record<string, unknown>>]>([
    ['a question that loops', { prompt: { user: NESTED } }],
    ['one that doubles', { prompt: { user: DOUBLING } }],
    ['one that calls itself', { prompt: { user: CALLING } }],
    [
      'an answer of an example',
      { prompt: { user: '{{ q }}', examples: { samples: [{ q: 'a' }], count: 1, answer: NESTED } } },
    ],
    ['a target', { samples: { file: 'x.jsonl', fields: { target: { json: NESTED } } } }],
  ])('that never end are stopped wherever they stand: %s', (_, said) => {
    expect(() => readerOf(said, [{ q: 'b', target: 'c' }]).read({ q: 'a' })).toThrow(
      /cannot be rendered from this row \(the template (takes too many steps|makes a longer text)/,
    );
  });

  test('that are slow for every row are stopped before they take an hour, and honest ones are not', () => {
    const slow = readerOf({ prompt: { user: '{% for i in range(80000) %}{% endfor %}{{ q }}' } });
    expect(() => Array.from({ length: 20 }, () => slow.read({ q: 'a' }))).toThrow('takes too many steps');
    const long = readerOf({ prompt: { user: '{{ q }}' } });
    const q = 'word '.repeat(200_000);
    for (let row = 0; row < 40; row++) expect(messagesOf(long.read({ q }))[0]!.content).toHaveLength(1_000_000);
  });

  test('take for text what only looks like an image', () => {
    for (const content of ['PNG is a format', 'data: image', '\u001b[1mbold\u001b[0m', 'GIF8 or not'])
      expect(render('{{ content }}', { content })).toBe(content);
    expect(render('{{ issue.type }}', { issue: { type: 'file', name: 'x' } })).toBe('file');
  });
});

describe('few-shot examples', () => {
  const pool = [1, 2, 3, 4].map((n) => ({ q: `${n}+${n}?`, target: String(2 * n) }));
  const withExamples = (count: number, more: object = {}) =>
    readerOf({ prompt: { user: '{{ q }}', examples: { samples: pool, count, ...more } } }, pool);
  const questions = (row: Row, count = 3) => messagesOf(withExamples(count).read(row)).map(({ content }) => content);

  test('are the first of the pool, each a question and its answer, before the sample', () => {
    expect(messagesOf(withExamples(2).read({ q: '9+9?' }))).toEqual([
      { role: 'user', content: '1+1?' },
      { role: 'assistant', content: '2' },
      { role: 'user', content: '2+2?' },
      { role: 'assistant', content: '4' },
      { role: 'user', content: '9+9?' },
    ]);
  });

  test('never hold the sample itself, and are as many as asked for all the same', () => {
    expect(questions({ q: '2+2?', target: '4' })).toEqual(['1+1?', '2', '3+3?', '6', '4+4?', '8', '2+2?']);
  });

  test('nor the same question under another id, whose answer would be given away', () => {
    expect(questions({ q: '1+1?', target: '2', id: 'other', source: 'test' })).not.toContain('2');
  });

  test('are answered as the suite says', () => {
    const messages = messagesOf(withExamples(1, { answer: 'A: {{ target }}' }).read({ q: '9+9?' }));
    expect(messages[1]).toEqual({ role: 'assistant', content: 'A: 2' });
  });

  test('are too few when the pool has no more beside the sample', () => {
    expect(() => withExamples(4).read({ q: '1+1?' })).toThrow(
      new UserError(
        'prompt.examples.count: expected 4 examples besides the sample itself, found 3; lower the count or add examples',
      ),
    );
    expect(questions({ q: '9+9?' }, 4)).toHaveLength(9);
  });
});

describe('the examples of docs/suites.md', () => {
  const page = readFileSync(`${ROOT}/docs/suites.md`, 'utf8');
  const blocks = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => parse(text!));
  const [whole] = blocks;
  const fromHub = blocks.find(({ samples }) => samples?.file === 'hf:openai/gsm8k');
  const ranked = blocks.flat().find(({ ask }) => ask === 'choices');
  const group = blocks.find(({ suites }) => suites !== undefined);

  test('the whole suite is one, and its prompts are as the page says', () => {
    const [task] = suiteSchema.parse(whole).tasks;
    const { examples } = task!.prompt;
    const reader = sampleReader(task!, examples!.samples as Row[], sha256);
    const sample = reader.read((task!.samples as Row[])[0]!);
    expect(messagesOf(sample).map(({ content }) => content)).toEqual([
      'Answer with one queue: billing, delivery, returns.',
      'Where is my parcel?',
      'delivery',
      'I was charged twice.',
      'billing',
      'The courier never came.',
    ]);
  });

  test('the group is one', () => {
    expect(groupSchema.parse(group).suites).toEqual(['gsm8k', 'bbh.yaml']);
  });

  test('the choices of the log-likelihood task stand after its prompt', () => {
    const task = taskSchema.parse(ranked);
    expect(sampleReader(task, [], sha256).read((task.samples as Row[])[0]!).continuations).toEqual([
      { context: 'Question: What falls from clouds?\nAnswer:', text: ' rain', choice: 'rain' },
      { context: 'Question: What falls from clouds?\nAnswer:', text: ' light', choice: 'light' },
    ]);
  });

  test('the target of a GSM8K row is the number after its marks', () => {
    const row = { q: 'How many?', answer: 'Two and two are <<2+2=4>>4.\n#### 4' };
    expect(readerOf(fromHub).read(row).target).toBe('4');
  });
});
