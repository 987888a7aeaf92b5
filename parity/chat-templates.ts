/**
 * Published chat templates, rendered now by Python's Jinja (as transformers sets it up, and by transformers itself where it is
 * installed) and by ours, over the same conversations. RIGHTSIZE_PYTHON names a Python that has jinja2 (python3).
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseTemplate } from '../src/core/definition/jinja/template.js';
import type { AsyncCheck } from './check.js';

const PYTHON = process.env.RIGHTSIZE_PYTHON ?? 'python3';
const LARGEST = 2 ** 28;

type Rendered = { readonly text: string } | { readonly error: string };

interface Tables {
  readonly jinja: string;
  /** Its version, where it compiled the templates. */
  readonly transformers: string | null;
  readonly conversations: readonly (readonly object[])[];
  readonly variables: readonly object[];
  readonly tokens: object;
  readonly given: object;
  readonly templates: readonly { readonly name: string; readonly template: string; readonly expected: Rendered[] }[];
  readonly features: readonly { readonly template: string; readonly expected: Rendered }[];
}

export const chatTemplates: AsyncCheck = {
  name: 'chat-templates',
  folder: '.',
  title: "Chat templates in Python's Jinja",
  cannot() {
    const { status } = spawnSync(PYTHON, ['-c', 'import jinja2']);
    return status === 0 ? null : `${PYTHON} has no jinja2; name one that has in RIGHTSIZE_PYTHON`;
  },
  async *run() {
    const script = join(import.meta.dirname, 'chat-templates.py');
    const stored = join(import.meta.dirname, '../test/fixtures/chat-templates.json.gz');
    const { stdout, stderr } = spawnSync(PYTHON, [script, stored, '-'], { encoding: 'utf8', maxBuffer: LARGEST });
    if (stdout === '') throw new Error(`${script} says: ${stderr.slice(-500)}`);
    const tables = JSON.parse(stdout) as Tables;
    const by = tables.transformers === null ? `jinja2 ${tables.jinja}` : `transformers ${tables.transformers}`;
    const cases = tables.conversations.flatMap((messages) =>
      tables.variables.map((variables) => ({ messages, add_generation_prompt: true, ...tables.tokens, ...variables })),
    );
    for (const { name, template, expected } of tables.templates) {
      const found = cases.map((variables) => render(template, variables));
      yield { what: `${name} (${by})`, ...compared(expected, found, 'chats') };
    }
    const variables = { messages: tables.conversations[3], ...tables.given };
    const found = tables.features.map(({ template }) => render(template, variables));
    const expected = tables.features.map((feature) => feature.expected);
    yield { what: `features (${by})`, ...compared(expected, found, 'templates') };
  },
};

function render(template: string, variables: object): string | null {
  try {
    return parseTemplate(template).render({ ...variables });
  } catch {
    return null;
  }
}

/** Where Python raises an error, so must ours; the words may differ. */
function compared(expected: readonly Rendered[], found: readonly (string | null)[], what: string) {
  const equal = expected.filter((each, i) => ('text' in each ? each.text : null) === found[i]).length;
  return { published: `${expected.length} ${what}`, found: `${equal} ${what}` };
}
