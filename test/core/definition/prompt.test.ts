/** Plain-text prompts and what is ranked after them. Chats are tested with samples. */
import { describe, expect, test } from 'vitest';
import { promptRenderer } from '../../../src/core/definition/prompt.js';
import { taskSchema } from '../../../src/core/definition/suite.js';
import type { Row } from '../../../src/core/message.js';

function rendererOf(said: Readonly<Record<string, unknown>>, pool: readonly Row[] = []) {
  return promptRenderer(taskSchema.parse({ name: 't', samples: [{ q: '?' }], scorer: 'exact', ...said }), pool);
}

const ARC = { ask: 'choices', prompt: { text: 'Question: {{ q }}\nAnswer:' }, choices: '{{ choices | tojson }}' };

describe('plain text', () => {
  test('is given as it is, few-shot examples before it, each with its answer and the separator', () => {
    const examples = { samples: [{ q: 'a' }], count: 2 };
    const renderer = rendererOf({ prompt: { preamble: 'Sums.\n\n', text: '{{ q }} =', examples } }, [
      { q: '1+1', target: 2 },
      { q: '2+2', target: 4 },
    ]);
    expect(renderer.prompt({ q: '3+3' })).toEqual({ text: 'Sums.\n\n1+1 = 2\n\n2+2 = 4\n\n3+3 =' });
    expect(renderer.continuations).toBeUndefined();
  });

  test('never has the sample itself among its examples', () => {
    const examples = { samples: [{ q: 'a' }], count: 1 };
    const pool = [
      { q: '1+1', target: 2 },
      { q: '2+2', target: 4 },
    ];
    const renderer = rendererOf({ prompt: { text: '{{ q }} =', examples } }, pool);
    expect(renderer.prompt({ q: '1+1' })).toEqual({ text: '2+2 = 4\n\n1+1 =' });
  });

  test('fixed examples are the same before every sample, and the sample itself is left out with none in its place', () => {
    const examples = { samples: [{ q: 'a' }], pick: 'fixed' };
    const pool = [
      { q: '1+1', target: 2 },
      { q: '2+2', target: 4 },
    ];
    const renderer = rendererOf({ prompt: { text: '{{ q }} =', examples } }, pool);
    expect(renderer.prompt({ q: '3+3' })).toEqual({ text: '1+1 = 2\n\n2+2 = 4\n\n3+3 =' });
    expect(renderer.prompt({ q: '1+1' })).toEqual({ text: '2+2 = 4\n\n1+1 =' });
    const one = rendererOf({ prompt: { text: '{{ q }} =', examples: { ...examples, count: 1 } } }, pool);
    expect(one.prompt({ q: '1+1' })).toEqual({ text: '1+1 =' });
  });

  test.each([
    [{ pick: 'first' }, 'expected the number of examples for each sample, found none'],
    [{ pick: 'fixed', count: 2 }, 'expected at most the 1 examples of the pool, found 2'],
  ])('examples %j are refused', (said, reason) => {
    const examples = { samples: [{ q: 'a' }], ...said };
    expect(() => rendererOf({ prompt: { text: '{{ q }}', examples } }, [{ q: '1', target: 1 }])).toThrow(reason);
  });
});

describe('choices', () => {
  test('stand after the prompt behind the delimiter, and keep the text that their length is taken of', () => {
    expect(rendererOf(ARC).continuations!({ q: 'why?', choices: ['sun', 'moon'] })).toEqual([
      { context: 'Question: why?\nAnswer:', text: ' sun', choice: 'sun' },
      { context: 'Question: why?\nAnswer:', text: ' moon', choice: 'moon' },
    ]);
  });

  test('may be templates, one for each', () => {
    const renderer = rendererOf({ ...ARC, choices: ['no', '{{ yes }}'], delimiter: '\n' });
    expect(renderer.continuations!({ q: 'so?', yes: 'yes' }).map(({ text }) => text)).toEqual(['\nno', '\nyes']);
  });

  test('may be one text after several contexts, as in WinoGrande', () => {
    const renderer = rendererOf({
      ...ARC,
      prompt: { text: '' },
      contexts: ['{{ a }} was', '{{ b }} was'],
      choices: ['late'],
    });
    expect(renderer.continuations!({ a: 'Ann', b: 'Bob' })).toEqual([
      { context: 'Ann was', text: ' late', choice: 'late' },
      { context: 'Bob was', text: ' late', choice: 'late' },
    ]);
  });

  test.each([
    [{ ...ARC, choices: '{{ q }}' }, /choices: expected a template that renders a JSON list, .*found "why\?"/],
    [
      { ...ARC, contexts: ['a', 'b'], choices: ['x', 'y'] },
      /choices: expected one choice, because the task has contexts, found 2/,
    ],
  ])('are refused in words when the row does not give them (%#)', (said, says) => {
    expect(() => rendererOf(said).continuations!({ q: 'why?' })).toThrow(says);
  });

  test.each([
    [{ ...ARC, choices: undefined }, /choices: expected the choices that the model ranks, found none/],
    [{ ...ARC, prompt: { user: '{{ q }}' } }, /ask: choices needs a prompt of plain text/],
  ])('are refused in words when the task does not fit (%#)', (said, says) => {
    expect(() => rendererOf(said)).toThrow(says);
  });
});

test('perplexity is of the whole text, after nothing', () => {
  const renderer = rendererOf({ ask: 'perplexity', prompt: { text: '{{ page }}' } });
  expect(renderer.continuations!({ page: 'Once.' })).toEqual([{ context: '', text: 'Once.', choice: 'Once.' }]);
});

describe('what public data sets need', () => {
  test('examples match their sample: of another subject none is taken', () => {
    const examples = { samples: [{ q: 'a' }], count: 1, match: '{{ subject }}' };
    const pool = [
      { q: 'bone?', target: 'yes', subject: 'anatomy' },
      { q: '2+2', target: 4, subject: 'sums' },
    ];
    const renderer = rendererOf({ prompt: { text: '{{ q }} =', examples } }, pool);
    expect(renderer.prompt({ q: '3+3', subject: 'sums' })).toEqual({ text: '2+2 = 4\n\n3+3 =' });
    expect(() => renderer.prompt({ q: 'Who?', subject: 'law' })).toThrow(/1 examples .* for "law", found 0/);
  });

  test('regex_replace is re.sub of Python, its groups included', () => {
    const renderer = rendererOf({ prompt: { text: `{{ regex_replace(q, " ([.,])", "\\\\1") }}` } });
    expect(renderer.prompt({ q: 'a , b . $1' })).toEqual({ text: 'a, b. $1' });
    expect(() => renderer.prompt({ q: 7 })).toThrow(/regex_replace: expected three texts/);
  });
});
