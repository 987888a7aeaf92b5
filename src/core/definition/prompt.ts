/**
 * Renders a row into a prompt. A chat prompt is a list of messages, to which each model applies its own chat template. A
 * plain-text prompt is one text that includes the few-shot examples. The model gets it unchanged.
 */
import { UserError } from '../errors.js';
import type { Continuation, Message, Prompt, Row } from '../message.js';
import type { PromptTemplate, Task } from './suite.js';
import { parseJson, type RowTemplate, rowTemplate } from './template.js';

export interface PromptRenderer {
  /** @throws UserError when a template cannot be rendered from the row. */
  prompt(row: Row): Prompt;
  /** Renders the texts that the model ranks. Absent if the task asks for an answer. */
  continuations?(row: Row): readonly Continuation[];
}

/**
 * @param pool Rows of the few-shot pool. The first rows are used first.
 * @throws UserError when a template does not parse, or does not match the `ask` of the task.
 */
export function promptRenderer(task: Task, pool: readonly Row[]): PromptRenderer {
  const { prompt: template } = task;
  if ('user' in template) {
    if (task.ask !== 'generate') {
      throw new UserError(`ask: ${task.ask} needs a prompt of plain text, found a chat; write it as prompt.text`);
    }
    return { prompt: chatRenderer(template, pool) };
  }
  const text = rowTemplate('prompt.text', wholeLines(template.text));
  const renderText = textRenderer(template, text, pool);
  switch (task.ask) {
    case 'generate':
      return { prompt: (row) => ({ text: nonEmpty('prompt.text', renderText(row, text(row))) }) };
    case 'choices':
      return {
        prompt: (row) => ({ text: renderText(row, text(row)) }),
        continuations: choicesRenderer(task, renderText, text),
      };
    case 'perplexity':
      return { prompt: () => ({ text: '' }), continuations: (row) => wholeText(nonEmpty('prompt.text', text(row))) };
  }
}

type ChatTemplate = Extract<PromptTemplate, { user: string }>;
type TextTemplate = Extract<PromptTemplate, { text: string }>;

function chatRenderer(template: ChatTemplate, pool: readonly Row[]): (row: Row) => Prompt {
  const system = optional('prompt.system', template.system);
  const user = rowTemplate('prompt.user', template.user);
  const assistant = optional('prompt.assistant', template.assistant);
  const examplesFor = fewShot(template.examples, user, pool);
  return (row) => {
    const question = nonEmpty('prompt.user', user(row));
    const messages: Message[] = [
      ...(system ? [{ role: 'system', content: system(row) } as const] : []),
      ...examplesFor(row, question).flatMap((example) => [
        { role: 'user', content: example.question } as const,
        { role: 'assistant', content: example.answer } as const,
      ]),
      { role: 'user', content: question },
      ...(assistant ? [{ role: 'assistant', content: assistant(row) } as const] : []),
    ];
    return { messages };
  };
}

/** Puts the preamble and the examples before a text. They are equal for all choices of a sample, so an engine computes them once. */
type TextRenderer = (row: Row, text: string) => string;

function textRenderer(template: TextTemplate, question: RowTemplate, pool: readonly Row[]): TextRenderer {
  const preamble = optional('prompt.preamble', template.preamble && wholeLines(template.preamble));
  const examplesFor = fewShot(template.examples, question, pool);
  const separator = template.examples?.separator ?? '';
  return (row, text) => {
    const examples = examplesFor(row, text).map(({ question, answer }) => `${question}${answer}${separator}`);
    return `${preamble?.(row) ?? ''}${examples.join('')}${text}`;
  };
}

function wholeText(text: string): readonly Continuation[] {
  return [{ context: '', text, choice: text }];
}

/** Jinja drops a line feed at the end of a template. In plain text it must stay, as in lm-evaluation-harness. */
function wholeLines(source: string): string {
  return source.endsWith('\n') ? `${source}\n` : source;
}

function choicesRenderer(task: Task, render: TextRenderer, text: RowTemplate): (row: Row) => readonly Continuation[] {
  if (task.choices === undefined)
    throw new UserError('choices: expected the choices that the model ranks, found none; add them');
  const { delimiter } = task;
  const contexts = task.contexts?.map((source, i) => rowTemplate(`contexts[${i}]`, source));
  const choicesOf = choiceTexts(task.choices);
  return (row) => {
    const choices = choicesOf(row);
    if (contexts === undefined) {
      const context = render(row, text(row));
      return choices.map((choice) => ({ context, text: `${delimiter}${choice}`, choice }));
    }
    if (choices.length !== 1) {
      throw new UserError(
        `choices: expected one choice, because the task has contexts, found ${choices.length}; write one choice`,
      );
    }
    const choice = choices[0]!;
    return contexts.map((context) => ({ context: render(row, context(row)), text: `${delimiter}${choice}`, choice }));
  };
}

function choiceTexts(choices: NonNullable<Task['choices']>): (row: Row) => readonly string[] {
  if (Array.isArray(choices)) {
    const templates = choices.map((source, i) => rowTemplate(`choices[${i}]`, source));
    return (row) => templates.map((template) => template(row));
  }
  const template = rowTemplate('choices', choices);
  return (row) => {
    const list = parseJson('choices', template(row), 'a JSON list');
    if (!Array.isArray(list) || list.length === 0) {
      throw new UserError(
        `choices: expected a list of at least one choice, found ${JSON.stringify(list).slice(0, 60)}`,
      );
    }
    return list.map(String);
  };
}

interface Example {
  readonly question: string;
  readonly answer: string;
}

type ExampleSettings = Pick<NonNullable<PromptTemplate['examples']>, 'count' | 'pick' | 'match' | 'answer'>;

/**
 * Returns the examples for a question: the first examples of the pool that match, without an example that asks the same
 * question. The next example replaces it, unless the examples are fixed.
 */
function fewShot(
  settings: ExampleSettings | undefined,
  question: RowTemplate,
  pool: readonly Row[],
): (row: Row, text: string) => readonly Example[] {
  if (settings === undefined) return () => [];
  const count = exampleCount(settings, pool);
  const fixed = settings.pick === 'fixed';
  const answer = rowTemplate('prompt.examples.answer', settings.answer);
  const kindOf = optional('prompt.examples.match', settings.match) ?? (() => '');
  const rendered: Example[] = [];
  const kinds: string[] = [];
  return (row, text) => {
    const chosen: Example[] = [];
    const kind = kindOf(row);
    let skipped = 0;
    for (let i = 0; i < pool.length && chosen.length + skipped < count; i++) {
      kinds[i] ??= inExample(i, () => kindOf(pool[i]!));
      if (kinds[i] !== kind) continue;
      rendered[i] ??= inExample(i, () => ({ question: question(pool[i]!), answer: answer(pool[i]!) }));
      if (rendered[i]!.question !== text) chosen.push(rendered[i]!);
      else if (fixed) skipped++;
    }
    if (fixed || chosen.length === count) return chosen;
    throw new UserError(
      `prompt.examples.count: expected ${count} examples besides the sample itself${kind && ` for "${kind}"`}, ` +
        `found ${chosen.length}; lower the count or add examples`,
    );
  };
}

/** An error in a row of the pool names the example, not the sample. */
function inExample<T>(index: number, render: () => T): T {
  try {
    return render();
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`example ${index + 1}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** @throws UserError when the pool has too few examples, or when the suite does not set the count. */
function exampleCount({ count, pick }: ExampleSettings, pool: readonly Row[]): number {
  if (pick === 'fixed') {
    if (count === undefined || count <= pool.length) return count ?? pool.length;
    throw new UserError(
      `prompt.examples.count: expected at most the ${pool.length} examples of the pool, found ${count}; lower the count or add examples`,
    );
  }
  if (count !== undefined) return count;
  throw new UserError('prompt.examples.count: expected the number of examples for each sample, found none; add it');
}

function optional(field: string, source: string | undefined): RowTemplate | undefined {
  return source === undefined ? undefined : rowTemplate(field, source);
}

function nonEmpty(field: string, text: string): string {
  if (text.trim() !== '') return text;
  throw new UserError(`${field}: expected a question, but the template renders to an empty text for this row`);
}
