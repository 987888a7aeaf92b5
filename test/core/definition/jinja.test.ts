/**
 * Chat templates against Jinja itself, as transformers sets it up: what it wrote is stored (parity/chat-templates.py), with
 * the 69 templates of llama.cpp's models/templates (MIT; llama-cpp-python 0.3.36), which are those of published models.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { standingTime } from '../../../src/core/definition/jinja/clock.js';
import { parseTemplate } from '../../../src/core/definition/jinja/template.js';

interface Stored {
  readonly jinja: string;
  readonly conversations: readonly object[][];
  readonly variables: readonly object[];
  readonly tokens: object;
  readonly given: object;
  readonly templates: readonly { readonly name: string; readonly template: string; readonly expected: Expected[] }[];
  readonly features: readonly { readonly template: string; readonly expected: Expected }[];
}
type Expected = { readonly text: string } | { readonly error: string };

const file = fileURLToPath(new URL('../../fixtures/chat-templates.json.gz', import.meta.url));
const stored: Stored = JSON.parse(gunzipSync(readFileSync(file)).toString('utf8'));

function rendered(template: string, variables: object): string | null {
  try {
    return parseTemplate(template).render({ ...variables });
  } catch {
    return null;
  }
}

const meant = (expected: Expected) => ('text' in expected ? expected.text : null);

describe('a chat template of a published model writes what Jinja writes', () => {
  test('for as many templates and chats as are stored', () => {
    expect([stored.jinja, stored.templates.length, stored.conversations.length]).toEqual(['3.1.6', 70, 12]);
  });

  test.each(stored.templates)('$name', ({ template, expected }) => {
    const cases = stored.conversations.flatMap((messages) =>
      stored.variables.map((variables) => ({ messages, variables })),
    );
    const found = cases.map(({ messages, variables }) =>
      rendered(template, { messages, add_generation_prompt: true, ...stored.tokens, ...variables }),
    );
    expect(found).toEqual(expected.map(meant));
  });
});

describe('a template that uses', () => {
  test.each(stored.features)('$template writes what Jinja writes', ({ template, expected }) => {
    const variables = { messages: stored.conversations[3], ...stored.given };
    expect(rendered(template, variables)).toBe(meant(expected));
  });
});

describe('what is not there is refused by its name', () => {
  test.each([
    ['{{ [1] | random }}', 'random'],
    ['{{ "a" | xmlattr }}', 'xmlattr'],
    ['{{ 3 is divisibleby }}', 'divisibleby'],
    ['{% import "x" as y %}', 'import'],
    ['{{ strftime_now("%Q") }}', '%Q'],
    ['{{ "%+d" % 3 }}', '%+d'],
    ['{{ "%e" % 3 }}', '%e'],
    ['{{ "%s" % (1, 2) }}', 'more values than places'],
    ['{{ {"b": 1}|dictsort(by="value") }}', 'dictsort'],
    ['{{ [1] | join(",", colour=1) }}', 'colour'],
    ['{{ "a" | upper(1) }}', 'upper'],
    ['{{ dict([["a", 1]]) }}', 'dict'],
    ['{{ 9007199254740993 }}', '2^53'],
    ['{{ {"a": [1.0]} | tojson }}', 'whole float'],
    ['{{ "{:%}".format(3) + "{:#x}".format(3) }}', '#x'],
  ])('%s', (template, name) => {
    expect(() => parseTemplate(template).render({})).toThrow(name);
  });
});

describe('a template that never ends, or fills the memory, is stopped', () => {
  const within = (template: string) => {
    const before = process.memoryUsage().heapUsed;
    expect(() => parseTemplate(template).render({ messages: [] })).toThrow(
      /steps|more than|range|longer|call stack|not a function/i,
    );
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(400e6);
  };

  test.each([
    ['nested ranges', '{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}x'],
    ['a range of ten billion', '{% for i in range(10000000000) %}{% endfor %}'],
    ['an empty loop in a loop', '{% set r = range(99999) %}{% for i in r %}{% for j in r %}{% endfor %}{% endfor %}'],
    [
      'a text that doubles',
      '{% set ns = namespace(x="a") %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}',
    ],
    [
      'a list that doubles',
      '{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}',
    ],
    ['a text times a billion', '{{ "abc" * 1000000000 }}'],
    ['a text in a text', '{% set a = "x" * 4000000 %}{{ a.replace("x", a) }}'],
    ['a macro that calls itself', '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}'],
    [
      'a macro that calls itself twice',
      '{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}',
    ],
    ['a prompt of a gigabyte', '{% for i in range(99999) %}{{ "x" * 20000 }}{% endfor %}'],
    ['brackets without end', `{{ ${'('.repeat(100_000)} }}`],
    ['a source of a gigabyte', 'x'.repeat(2 ** 21)],
    ['white space without end', `${' '.repeat(2 ** 17)}x`],
    ['joined texts', '{% set a = "x" * 100000 %}{{ range(99999) | map("string") | join(a) }}'],
  ])('%s', (_, template) => within(template));

  test('and a long honest chat is not', () => {
    const { template } = stored.templates.find(({ name }) => name.startsWith('openai-gpt-oss'))!;
    const messages = Array.from({ length: 400 }, (_, i) => ({
      role: i % 2 === 0 ? 'user' : 'assistant',
      content: 'word '.repeat(500),
    }));
    expect(rendered(template, { messages, add_generation_prompt: true })!.length).toBeGreaterThan(1e6);
  });
});

describe('the clock of templates stands still', () => {
  test.each([
    ['%d %b %Y', '26 Jul 2024'],
    ['%Y-%m-%d', '2024-07-26'],
    ['%B %-d, %Y', 'July 26, 2024'],
    ['%A %H:%M:%S %p', 'Friday 00:00:00 AM'],
    ['100%% %j', '100% 208'],
  ])('%s is %s', (format, text) => {
    expect(standingTime(format)).toBe(text);
  });
});
