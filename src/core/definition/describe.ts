/**
 * Turns zod's issues into sentences: the field, the rule and the value that was found. Only the most useful issue of a file is
 * shown. When the user has corrected it, the next one shows. Nobody reads a list of twenty.
 */
import type { z } from 'zod';
import { nearField } from './near-field.js';

export interface Complaint {
  /** The place in the document, as keys and indices. */
  readonly path: readonly PropertyKey[];
  /** A text such as `expected one of exact, number, found "exakt"`. */
  readonly rule: string;
}

/**
 * Returns the first complaint about a document. For a union it is the complaint of the closest branch.
 *
 * @param schema With it, the complaint about an unknown field names the one that it is near to.
 */
export function firstComplaint(error: z.ZodError, document: unknown, schema?: z.ZodType): Complaint {
  const read: Read = { document, near: (path) => (schema === undefined ? null : nearField(schema, document, path)) };
  const first = describe(error.issues[0]!, read);
  // A field that is missing may stand there under a wrong name.
  const meant = error.issues
    .filter(({ code }) => code === 'unrecognized_keys')
    .map((issue) => describe(issue, read))
    .find(({ path }) => {
      const near = read.near(path);
      return near !== null && formatPath([...path.slice(0, -1), near]) === formatPath(first.path);
    });
  return meant ?? first;
}

interface Read {
  readonly document: unknown;
  /** The field that the unknown one at a path is near to. */
  readonly near: (path: readonly PropertyKey[]) => string | null;
}

function describe(issue: z.core.$ZodIssue, read: Read): Complaint {
  const { path } = issue;
  const found = show(valueAt(read.document, path));
  switch (issue.code) {
    case 'invalid_type':
      return {
        path,
        rule:
          found === undefined
            ? `expected ${article(issue.expected)}, found nothing`
            : `expected ${article(issue.expected)}, found ${found}`,
      };
    case 'invalid_value':
      return { path, rule: `expected ${oneOf(issue.values)}, found ${found ?? 'nothing'}` };
    case 'unrecognized_keys': {
      const at = [...path, issue.keys[0]!];
      const near = read.near(at);
      const hint = near === null ? '' : ` (did you mean "${near}"?)`;
      return { path: at, rule: `unknown field "${issue.keys[0]}"${hint}` };
    }
    case 'too_small':
      return {
        path,
        rule: `expected ${limit(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum)}, found ${found}`,
      };
    case 'too_big':
      return {
        path,
        rule: `expected ${limit(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum)}, found ${found}`,
      };
    case 'invalid_union':
      return describeUnion(issue, read, found);
    case 'invalid_key':
      return { path, rule: describe(issue.issues[0]!, read).rule };
    case 'invalid_element':
      return describe({ ...issue.issues[0]!, path: [...path, ...issue.issues[0]!.path] }, read);
    case 'invalid_format':
    case 'not_multiple_of':
    case 'custom':
      return { path, rule: `${lowerFirst(issue.message)}, found ${found ?? 'nothing'}` };
  }
}

/** A value matches no branch of a union. Describe the branch that matched furthest: the author probably meant it. */
function describeUnion(issue: z.core.$ZodIssueInvalidUnion, read: Read, found: string | undefined): Complaint {
  const { path } = issue;
  const custom = issue.message !== 'Invalid input' && !issue.message.startsWith('Invalid discriminator');
  if (custom) return { path, rule: `${lowerFirst(issue.message)}, found ${found ?? 'nothing'}` };
  const branches = issue.errors.filter((branch) => branch.length > 0);
  const meant =
    branches.find((branch) => branch[0]!.path.length > 0) ??
    branches.find((branch) => branch[0]!.code !== 'invalid_type');
  if (meant !== undefined) {
    const inner = meant[0]!;
    return describe({ ...inner, path: [...path, ...inner.path] }, read);
  }
  const kinds = branches.map((branch) => article((branch[0] as z.core.$ZodIssueInvalidType).expected));
  if (kinds.length === 0) return { path, rule: `${namesOf(issue.message)}, found ${found ?? 'nothing'}` };
  return { path, rule: `expected ${kinds.join(' or ')}, found ${found ?? 'nothing'}` };
}

/** Rewrites zod's "Invalid discriminator value. Expected 'strip' | 'think'" in our words. */
function namesOf(message: string): string {
  const [, names] = /^Invalid discriminator value\. Expected (.*)$/.exec(message) ?? [];
  return names === undefined
    ? lowerFirst(message)
    : `expected one of ${names.replaceAll("'", '').replaceAll(' | ', ', ')}`;
}

/** Returns a text such as `tasks[0].scorer`. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${String(part)}`))
    .join('');
}

function valueAt(document: unknown, path: readonly PropertyKey[]): unknown {
  let value = document;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

function show(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null) return 'a mapping';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…"` : text;
}

const KINDS: Readonly<Record<string, string>> = {
  int: 'a whole number',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
};

function article(kind: string): string {
  return KINDS[kind] ?? `a ${kind}`;
}

function limit(origin: string, bound: string, value: number | bigint): string {
  if (origin === 'array') return `${bound} ${value} element${value === 1 ? '' : 's'}`;
  if (origin === 'string') return `${bound} ${value} character${value === 1 ? '' : 's'}`;
  return `a number of ${bound} ${value}`;
}

function oneOf(values: readonly unknown[]): string {
  const names = values.map((value) => String(value));
  return names.length === 1 ? names[0]! : `one of ${names.join(', ')}`;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
