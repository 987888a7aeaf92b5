/**
 * Makes samples of rows. It reads ids, targets and groups from a row, and renders the prompt once, so every model gets the same
 * words. The chat template of a model turns them into another text, which has a hash of its own.
 */
import { UserError } from '../errors.js';
import { isChat, type Row, type Sample } from '../message.js';
import { promptRenderer } from './prompt.js';
import type { DataSamples, Task } from './suite.js';
import { parseJson, rowTemplate } from './template.js';

/** Returns the SHA-256 of a text as hexadecimal digits. The core computes no hashes itself. */
export type Hash = (text: string) => string;

export interface SampleReader {
  /** @throws UserError when a template cannot be rendered from the row. */
  read(row: Row): Sample;
}

/**
 * @param examples The rows of the few-shot pool, in the order in which they are taken.
 * @throws UserError when a template of the task does not parse.
 */
export function sampleReader(task: Task, examples: readonly Row[], hash: Hash): SampleReader {
  const fields: Partial<DataSamples['fields']> = Array.isArray(task.samples) ? {} : task.samples.fields;
  const id = fieldReader('samples.fields.id', fields.id) ?? ((row: Row) => row.id);
  const target = targetReader(fields.target);
  const group = fieldReader('samples.fields.group', fields.group) ?? ((row: Row) => row.group);
  const renderer = promptRenderer(task, examples);
  return {
    read(given) {
      const row = fields.json?.length ? withJson(given, fields.json) : given;
      return {
        id: text(id(row)) ?? hash(canonicalJson(row)).slice(0, 16),
        target: target(row) ?? null,
        group: text(group(row)),
        fields: row,
        prompt: renderer.prompt(row),
        ...(renderer.continuations && { continuations: renderer.continuations(row) }),
      };
    },
  };
}

function targetReader(source: DataSamples['fields']['target']): (row: Row) => unknown {
  if (source === undefined) return (row) => row.target;
  if (typeof source === 'string') return fieldReader('samples.fields.target', source)!;
  const template = rowTemplate('samples.fields.target.json', source.json);
  return (row) => parseJson('samples.fields.target.json', template(row), 'JSON');
}

/** Parses columns that hold JSON as text. Data sets whose values differ in shape have such columns. @throws UserError for other text. */
function withJson(row: Row, names: readonly string[]): Row {
  const read = { ...row };
  for (const name of names) {
    const text = row[name];
    if (typeof text !== 'string') continue;
    try {
      read[name] = JSON.parse(text);
    } catch {
      throw new UserError(
        `samples.fields.json: expected JSON in "${name}", found ${JSON.stringify(text.slice(0, 60))}`,
      );
    }
  }
  return read;
}

/** Selects the rows of a data set that are samples. @throws UserError when the template does not parse, or does not fit a row. */
export function rowFilter({ where }: DataSamples): (row: Row) => boolean {
  if (where === undefined) return () => true;
  const template = rowTemplate('samples.where', where);
  return (row) => template(row).trim().toLowerCase() === 'true';
}

/** The words of a prompt in one string. Its hash proves that all models got the same prompt. */
export function promptText({ prompt, continuations }: Pick<Sample, 'prompt' | 'continuations'>): string {
  if (continuations !== undefined) return JSON.stringify(continuations.map(({ context, text }) => [context, text]));
  return isChat(prompt) ? JSON.stringify(prompt.messages.map(({ role, content }) => [role, content])) : prompt.text;
}

/**
 * A plain text that is the name of a column means that column, as it is; other plain text means itself. A column that an earlier row
 * had is wanted of every row: else a row without it would have its name for a target.
 */
function fieldReader(field: string, source: string | undefined): ((row: Row) => unknown) | undefined {
  if (source === undefined) return undefined;
  const template = rowTemplate(field, source);
  if (/\{[{%#]/.test(source)) return template;
  let isColumn = false;
  return (row) => {
    if (Object.hasOwn(row, source)) {
      isColumn = true;
      return row[source];
    }
    if (isColumn)
      throw new UserError(`${field}: expected the column "${source}", which earlier rows have, found none in this row`);
    return template(row);
  };
}

/** Adds the target to the rows of a few-shot pool, if their source says where it is. @throws UserError */
export function exampleReader({ fields }: DataSamples): (row: Row) => Row {
  const target = fields.target === undefined ? undefined : targetReader(fields.target);
  return (given) => {
    const row = fields.json.length > 0 ? withJson(given, fields.json) : given;
    return target === undefined ? row : { ...row, target: target(row) };
  };
}

function text(value: unknown): string | null {
  return value === undefined || value === null || value === '' ? null : String(value);
}

/** JSON with sorted keys, so equal rows have equal text. */
function canonicalJson(row: Row): string {
  return JSON.stringify(row, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
