/**
 * YAML and JSON documents that people write, read so that every complaint can name the file, the line and the field. JSON
 * is read by the same parser: it is a subset of YAML, and the parser knows lines.
 */
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { firstComplaint, formatPath } from '../core/definition/describe.js';
import { UserError } from '../core/errors.js';
import { displayPath, readText } from '../system/path.js';

export interface UserDocument {
  readonly file: string;
  readonly content: unknown;
  /** `suites/desk.yaml:14: tasks[0].scorer: ` */
  place(path: readonly PropertyKey[]): string;
}

/** @throws UserError naming file and line when the file cannot be read or is not well formed. */
export async function readDocument(file: string): Promise<UserDocument> {
  const name = displayPath(file);
  const text = await readText(file);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const error = document.errors[0];
  if (error !== undefined) {
    throw new UserError(
      `${name}:${lines.linePos(error.pos[0]).line}: expected well-formed ${file.endsWith('.json') ? 'JSON' : 'YAML'}, found an error: ${error.message}`,
    );
  }
  let content: unknown;
  try {
    content = document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw new UserError(`${name}: expected fewer aliases in the file`, { cause });
  }
  return {
    file,
    content,
    place(path) {
      for (let length = path.length; length >= 0; length--) {
        const offset = offsetOf(document, path.slice(0, length));
        if (offset !== null)
          return `${name}:${lines.linePos(offset).line}: ${path.length > 0 ? `${formatPath(path)}: ` : ''}`;
      }
      return `${name}: ${formatPath(path)}: `;
    },
  };
}

/** What a program hands over in place of a file; complaints name it as `name` says. */
export function documentOf(
  content: unknown,
  { name, file }: { readonly name: string; readonly file: string },
): UserDocument {
  return { file, content, place: (path) => `${name}: ${path.length > 0 ? `${formatPath(path)}: ` : ''}` };
}

/** The typed value of a document. @throws UserError with the first complaint and its remedy. */
export function parseUser<S extends z.ZodType>(schema: S, document: UserDocument, remedy: string): z.infer<S> {
  return parseAt(schema, document.content, document, [], remedy);
}

/** As `parseUser`, for a value that stands at a path inside the document. */
export function parseAt<S extends z.ZodType>(
  schema: S,
  value: unknown,
  document: UserDocument,
  path: readonly PropertyKey[],
  remedy: string,
): z.infer<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const complaint = firstComplaint(result.error, value);
  throw new UserError(`${document.place([...path, ...complaint.path])}${complaint.rule}; ${remedy}`);
}

function offsetOf(document: ReturnType<typeof parseDocument>, path: readonly PropertyKey[]): number | null {
  if (path.length === 0) return document.contents?.range?.[0] ?? 0;
  const parent = document.getIn(path.slice(0, -1), true);
  const key = path.at(-1)!;
  // A key stands on the line to mend; its value may begin lines below.
  if (isMap(parent)) {
    const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === key);
    return pair && isScalar(pair.key) ? (pair.key.range?.[0] ?? null) : null;
  }
  const node = document.getIn(path, true) as { range?: readonly [number, number, number] | null } | undefined;
  return node?.range?.[0] ?? null;
}
