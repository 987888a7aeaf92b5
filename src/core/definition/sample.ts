/**
 * Rows to samples: ids, targets and groups are read from a row, and the prompt is rendered once, so that every model is
 * given the same words. What a chat template makes of those words is the model's own affair and is hashed apart.
 */
import { UserError } from '../errors.js';
import type { Message, Prompt, Row, Sample, Task } from './suite.js';
import { type RowTemplate, rowTemplate } from './template.js';

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
  const system = optional('prompt.system', prompt.system);
  const user = rowTemplate('prompt.user', prompt.user);
  const assistant = optional('prompt.assistant', prompt.assistant);
  const id = optional('samples.fields.id', fields.id) ?? ((row: Row) => row.id);
  const target = optional('samples.fields.target', fields.target) ?? ((row: Row) => row.target);
  const group = optional('samples.fields.group', fields.group) ?? ((row: Row) => row.group);
  const examplesFor = fewShot(prompt, user, examples);

  function messages(row: Row): readonly Message[] {
    const question = user(row);
    if (question.trim() === '') {
      throw new UserError('prompt.user: expected a question, found that the template renders to nothing from this row');
    }
    return [
      ...(system ? [{ role: 'system', content: system(row) } as const] : []),
      ...examplesFor(question).flatMap((example) => [
        { role: 'user', content: example.question } as const,
        { role: 'assistant', content: example.answer } as const,
      ]),
      { role: 'user', content: question },
      ...(assistant ? [{ role: 'assistant', content: assistant(row) } as const] : []),
    ];
  }

  return {
    read(row) {
      return {
        id: text(id(row)) ?? hash(canonicalJson(row)).slice(0, 16),
        target: target(row) ?? null,
        group: text(group(row)),
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

interface Example {
  readonly question: string;
  readonly answer: string;
}

/** The examples before a question: the first of the pool, less any that asks this very question and would give it away. */
function fewShot(
  { examples: settings }: Task['prompt'],
  user: RowTemplate,
  pool: readonly Row[],
): (question: string) => readonly Example[] {
  if (settings === undefined) return () => [];
  const answer = rowTemplate('prompt.examples.answer', settings.answer);
  const rendered: Example[] = [];
  return (question) => {
    const chosen: Example[] = [];
    for (let i = 0; i < pool.length && chosen.length < settings.count; i++) {
      rendered[i] ??= { question: user(pool[i]!), answer: answer(pool[i]!) };
      if (rendered[i]!.question !== question) chosen.push(rendered[i]!);
    }
    if (chosen.length === settings.count) return chosen;
    throw new UserError(
      `prompt.examples.count: expected ${settings.count} examples besides the sample itself, found ${chosen.length}; ` +
        'lower the count or add examples',
    );
  };
}

function optional(field: string, source: string | undefined): RowTemplate | undefined {
  return source === undefined ? undefined : rowTemplate(field, source);
}

function text(value: unknown): string | null {
  return value === undefined || value === null || value === '' ? null : String(value);
}

/** JSON with the keys of every object in order, so that equal rows have equal text however they were written down. */
function canonicalJson(row: Row): string {
  return JSON.stringify(row, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
