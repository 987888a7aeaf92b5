/**
 * Rows to samples: ids, targets and groups are read from a row, and the prompt is rendered once, so that every model is
 * given the same words. What a chat template makes of those words is the model's own affair and is hashed apart.
 */
import { Template } from '@huggingface/jinja';
import { describeError, UserError } from '../errors.js';
import type { Message, Prompt, Row, Sample, Task } from './suite.js';

/** SHA-256 in hexadecimal; core computes no hashes of its own. */
export type Hash = (text: string) => string;

export interface SampleReader {
  /** @throws UserError when a template cannot be rendered from the row. */
  read(row: Row): Sample;
}

/**
 * @param examples Rows of the few-shot pool, in the order in which they shall be taken.
 * @throws UserError when a template of the task does not parse.
 */
export function sampleReader(task: Task, examples: readonly Row[], hash: Hash): SampleReader {
  const { prompt } = task;
  const fields = Array.isArray(task.samples) ? {} : task.samples.fields;
  const templates = {
    system: compile('prompt.system', prompt.system),
    user: compile('prompt.user', prompt.user)!,
    assistant: compile('prompt.assistant', prompt.assistant),
    answer: compile('prompt.examples.answer', prompt.examples?.answer),
    id: compile('samples.fields.id', fields.id),
    target: compile('samples.fields.target', fields.target),
    group: compile('samples.fields.group', fields.group),
  };

  /** A row's identity is its content: an example that *is* the sample would give the answer away. */
  const contentOf = (row: Row) => JSON.stringify(row, Object.keys(row).sort());

  function messages(row: Row): Message[] {
    const list: Message[] = [];
    if (templates.system) list.push({ role: 'system', content: templates.system(row) });
    const own = contentOf(row);
    for (const example of examples.filter((one) => contentOf(one) !== own).slice(0, prompt.examples?.count)) {
      list.push({ role: 'user', content: templates.user(example) });
      list.push({ role: 'assistant', content: templates.answer!(example) });
    }
    list.push({ role: 'user', content: templates.user(row) });
    if (templates.assistant) list.push({ role: 'assistant', content: templates.assistant(row) });
    return list;
  }

  return {
    read(row) {
      const id = templates.id ? templates.id(row) : row.id;
      const target = templates.target ? templates.target(row) : row.target;
      const group = templates.group ? templates.group(row) : row.group;
      return {
        id: id === undefined || id === null || id === '' ? hash(contentOf(row)).slice(0, 16) : String(id),
        target: target ?? null,
        group: group === undefined || group === null || group === '' ? null : String(group),
        fields: row,
        prompt: { messages: messages(row) },
      };
    },
  };
}

/** The words of a prompt in one string: what is hashed to prove that all models were asked the same. */
export function promptText(prompt: Prompt): string {
  return JSON.stringify(prompt.messages.map(({ role, content }) => [role, content]));
}

function compile(field: string, source: string | undefined): ((row: Row) => string) | undefined {
  if (source === undefined) return undefined;
  let template: Template;
  try {
    template = new Template(source);
  } catch (error) {
    throw new UserError(`${field}: expected a Jinja template, found one that does not parse (${describeError(error)})`);
  }
  const variables = topLevelVariables(template);
  return (row) => {
    for (const variable of variables) {
      if (!Object.hasOwn(row, variable)) {
        throw new UserError(
          `${field}: the template names "${variable}", which this row does not have (it has ${Object.keys(row).join(', ') || 'no fields'})`,
        );
      }
    }
    try {
      return template.render(row);
    } catch (error) {
      throw new UserError(`${field}: the template cannot be rendered from this row (${describeError(error)})`);
    }
  };
}

/**
 * The variables a template takes from its row and prints or tests unguarded. Jinja renders an unknown variable as nothing;
 * a misspelt field would then ask every model an empty question.
 */
function topLevelVariables(template: Template): ReadonlySet<string> {
  const used = new Set<string>();
  const bound = new Set(BUILT_IN);
  const visit = (node: unknown): void => {
    if (Array.isArray(node) || node instanceof Map) {
      for (const part of node instanceof Map ? [...node].flat() : node) visit(part);
      return;
    }
    if (typeof node !== 'object' || node === null) return;
    const { type, ...parts } = node as { type?: string } & Record<string, unknown>;
    switch (type) {
      case 'Identifier':
        used.add(String(parts.value));
        return;
      case 'Set':
      case 'Macro':
      case 'For':
        collectNames(parts.assignee ?? parts.loopvar ?? parts.name, bound);
        if (type === 'Macro') collectNames({ value: parts.args }, bound);
        visit(Object.values(parts));
        return;
      case 'MemberExpression':
        visit(parts.object);
        if (parts.computed) visit(parts.property);
        return;
      case 'FilterExpression':
        // `x | default(…)`, `x is defined` and `if x` are how a template says that x may be absent.
        if (filterName(parts.filter) === 'default') collectNames(parts.operand, bound);
        visit(parts.operand);
        visit((parts.filter as { args?: unknown }).args);
        return;
      case 'TestExpression':
        if (['defined', 'undefined', 'none'].includes(filterName(parts.test)!)) collectNames(parts.operand, bound);
        visit(parts.operand);
        return;
      case 'If':
        collectNames(parts.test, bound);
        visit([parts.test, parts.body, parts.alternate]);
        return;
      case 'KeywordArgumentExpression':
        visit(parts.value);
        return;
      default:
        visit(Object.values(parts));
    }
  };
  visit(template.parsed.body);
  for (const name of bound) used.delete(name);
  return used;
}

/** What @huggingface/jinja puts into every environment. */
const BUILT_IN = [
  'loop',
  'true',
  'false',
  'none',
  'True',
  'False',
  'None',
  'range',
  'namespace',
  'raise_exception',
  'strftime_now',
];

function filterName(filter: unknown): string | undefined {
  const { value, callee } = filter as { value?: string; callee?: { value?: string } };
  return value ?? callee?.value;
}

function collectNames(node: unknown, into: Set<string>): void {
  const { type, value } = (node ?? {}) as { type?: string; value?: unknown };
  if (type === 'Identifier') into.add(String(value));
  else if (Array.isArray(value)) for (const part of value) collectNames(part, into);
}
