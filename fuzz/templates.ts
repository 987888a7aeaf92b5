/** Chat templates and templates of suites that were changed or made up, each rendered on a few conversations. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createChatTemplate } from '../src/backends/chat-template.js';
import { rowTemplate } from '../src/core/definition/template.js';
import { UserError } from '../src/core/errors.js';
import type { Message } from '../src/core/message.js';
import type { Random } from '../src/core/stats/basics/random.js';
import { answerFor, inChild, serve } from './child.js';
import { mutateText, pick } from './mutate.js';
import type { Part } from './part.js';

const FIXTURE = join(import.meta.dirname, '../test/fixtures/chat-templates.json.gz');
const LIMITS = { time: 60, memory: 2 ** 30 };

interface Input {
  readonly kind: 'chat' | 'row';
  readonly source: string;
}

/** Pieces that grow, repeat or call; each may stand in another. */
const PIECES = [
  '{% for m in messages %}{{ m.content }}#{% endfor %}',
  '{% for i in range(99999) %}#{% endfor %}',
  "{% set ns = namespace(x='a') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x | length }}",
  '{{ (q or "x") * 999999999 }}',
  "{{ 'x'.join(range(99999)) }}",
  '{% macro f(n) %}{{ f(n) }}#{% endmacro %}{{ f(1) }}',
  "{{ ('a' ~ 'b') | replace('', 'x' * 99) | upper | indent(9) }}",
  '{{ [1, 2, 3] | sort | join(",") | tojson(indent=999999) }}',
  '{{ messages | map(attribute="content") | list | tojson }}',
  "{{ 'a b'.split(' ') | reverse | first }}",
  '{% if a is defined %}#{% elif "x" in q %}{% else %}{{ q }}{% endif %}',
  '{{ regex_replace(q, "(a*)*b", "\\\\1") }}',
  '{% set x = [[]] %}{% for i in range(20) %}{% set x = x + x %}{% endfor %}{{ x | length }}',
  '{{ "%s" | format(q) }}{{ q.strip().title().startswith(("a", "b")) }}',
  '{{ raise_exception("no") }}',
  '{{ strftime_now("%Y %j %%") }}',
  '{{ self }}{{ loop.index }}{{ q.constructor }}{{ q.__class__ }}{{ messages.length }}',
  '{{ 1 / 0 }}{{ 7 // 0 }}{{ 7 % 0 }}{{ 2 ** 99999 }}',
  '{%- call f() -%}#{%- endcall -%}{% filter upper %}{{ q }}{% endfilter %}',
];

const CONVERSATIONS: readonly (readonly Message[])[] = [
  [{ role: 'user', content: 'Hi' }],
  [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'a'.repeat(20_000) },
    { role: 'assistant', content: '{{ 7 * 7 }}' },
    { role: 'user', content: '\u0000🙂' },
  ],
];

export const templates: Part = {
  about: 'chat templates and templates of suites, changed and made up, rendered on conversations',
  cases: { quick: 60, long: 600 },
  async open() {
    const { templates } = JSON.parse(gunzipSync(readFileSync(FIXTURE)).toString()) as {
      templates: { template: string }[];
    };
    const published = templates.map(({ template }) => template);
    return inChild<Input>({
      file: import.meta.filename,
      limits: LIMITS,
      make: (random) => ({
        kind: pick(['chat', 'row'], random),
        source: random.below(2) === 0 ? mutateText(pick(published, random), random) : madeUp(random),
      }),
      describe: ({ kind, source }) => `${kind}: ${JSON.stringify(source.slice(0, 400))}`,
    });
  },
};

function madeUp(random: Random): string {
  let source = pick(PIECES, random);
  for (let depth = random.below(4); depth > 0; depth--) {
    const inner = pick(PIECES, random);
    source = source.includes('#') ? source.replace('#', () => inner) : source + inner;
  }
  return random.below(3) === 0 ? mutateText(source, random) : source;
}

serve<Input>(async ({ kind, source }) => {
  try {
    if (kind === 'chat') {
      const template = createChatTemplate(source, { place: 'a file', tokens: { bos_token: '<s>', eos_token: '</s>' } });
      for (const messages of CONVERSATIONS) template.render({ messages });
    } else {
      const template = rowTemplate('prompt.user', source);
      for (const q of ['x', 'a'.repeat(20_000)]) template({ q, messages: [{ role: 'user', content: q }] });
    }
    return { ended: 'a text', shown: [] };
  } catch (error) {
    return answerFor(error, [UserError]);
  }
});
