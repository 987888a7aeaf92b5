/**
 * Reads YAML and JSON documents that people write. Every complaint can name the file, the line and the field. JSON is a subset of
 * YAML, whose parser knows the lines and takes a hundred times as long: it reads JSON only when there is something to complain of.
 */
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { firstComplaint, formatPath } from '../core/definition/describe.js';
import { UserError } from '../core/errors.js';
import { once } from '../core/stats/basics/once.js';
import { readText } from '../system/path.js';

export interface UserDocument {
  readonly file: string;
  readonly content: unknown;
  /** The beginning of an error message, such as `suites/desk.yaml:14: tasks[0].scorer: `. */
  place(path: readonly PropertyKey[]): string;
}

/** @throws UserError when the file cannot be read or is not well formed; the error names the file and the line. */
export async function readDocument(file: string): Promise<UserDocument> {
  const text = await readText(file);
  const located = once(() => parseYaml(file, text));
  return {
    file,
    content: file.endsWith('.json') ? (parseJson(text) ?? contentOf(file, located())) : contentOf(file, located()),
    place(path) {
      const { document, lines } = located();
      for (let length = path.length; length >= 0; length--) {
        const offset = offsetOf(document, path.slice(0, length));
        if (offset !== null)
          return `${file}:${lines.linePos(offset).line}: ${path.length > 0 ? `${formatPath(path)}: ` : ''}`;
      }
      return `${file}: ${formatPath(path)}: `;
    },
  };
}

interface Located {
  readonly document: ReturnType<typeof parseDocument>;
  readonly lines: LineCounter;
}

function parseYaml(file: string, text: string): Located {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, stringKeys: true, prettyErrors: false });
  const error = document.errors[0];
  if (error !== undefined) {
    throw new UserError(
      `${file}:${lines.linePos(error.pos[0]).line}: expected well-formed ${file.endsWith('.json') ? 'JSON' : 'YAML'}, found an error: ${error.message}`,
    );
  }
  return { document, lines };
}

function contentOf(file: string, { document }: Located): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw new UserError(`${file}: expected fewer aliases in the file`, { cause });
  }
}

/** The content of well-formed JSON, and undefined for any other text. `JSON.parse` drops a key that comes twice, so keys are counted. */
function parseJson(text: string): unknown {
  let kept = 0;
  try {
    const content: unknown = JSON.parse(text, function count(this: unknown, _, value: unknown) {
      if (!Array.isArray(this)) kept++;
      return value;
    });
    // The reviver counts a key of its own, which holds the whole.
    return kept - 1 === keysIn(text) ? content : undefined;
  } catch {
    return undefined;
  }
}

/** In well-formed JSON a string before a colon is a key. */
function keysIn(text: string): number {
  let keys = 0;
  for (const [, colon] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"\s*(:?)/g)) if (colon !== '') keys++;
  return keys;
}

/** Wraps an object of a program, so that it is checked like a file. Complaints call it `name`. */
export function documentOf(
  content: unknown,
  { name, file }: { readonly name: string; readonly file: string },
): UserDocument {
  return { file, content, place: (path) => `${name}: ${path.length > 0 ? `${formatPath(path)}: ` : ''}` };
}

/** Returns the typed value of a document. @throws UserError with the first complaint and its remedy. */
export function parseUser<S extends z.ZodType>(schema: S, document: UserDocument, remedy: string): z.infer<S> {
  return parseAt(schema, document.content, document, [], remedy);
}

/** It works like `parseUser`, for a value at a path inside the document. */
export function parseAt<S extends z.ZodType>(
  schema: S,
  value: unknown,
  document: UserDocument,
  path: readonly PropertyKey[],
  remedy: string,
): z.infer<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const complaint = firstComplaint(result.error, value, schema);
  throw new UserError(`${document.place([...path, ...complaint.path])}${complaint.rule}; ${remedy}`);
}

function offsetOf(document: ReturnType<typeof parseDocument>, path: readonly PropertyKey[]): number | null {
  if (path.length === 0) return document.contents?.range?.[0] ?? 0;
  const parent = document.getIn(path.slice(0, -1), true);
  const key = path.at(-1)!;
  // Name the line of the key: the value may begin several lines below it.
  if (isMap(parent)) {
    const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === key);
    return pair && isScalar(pair.key) ? (pair.key.range?.[0] ?? null) : null;
  }
  const node = document.getIn(path, true) as { range?: readonly [number, number, number] | null } | undefined;
  return node?.range?.[0] ?? null;
}
