/** The JSON documents in an answer, and the field of one that holds the answer itself. */
import { type Json, parseJson } from './json-value.js';

/** Names of that field, the surest first. */
const FIELDS: readonly RegExp[] = [
  /^(?:final|correct|best|selected|chosen|predicted)?[ _-]?answer(?:[ _-]?(?:choice|letter|option|label))?$/i,
  /^(?:final|correct|best|selected|chosen|predicted)?[ _-]?(?:choice|option|letter|label|class|category|classification)$/i,
  /answer|choice|label|category/i,
  /^(?:response|output|result|prediction|verdict|sentiment|intent|topic|queue|value|rating|score|grade)$/i,
];

/** undefined where the document has no such field. */
export function answerField(document: Json | undefined): Json | undefined {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return undefined;
  for (const field of FIELDS) {
    const key = Object.keys(document).findLast((name) => field.test(name));
    if (key === undefined) continue;
    const value = (document as Readonly<Record<string, Json>>)[key]!;
    return isRecord(value) ? (answerField(value) ?? value) : value;
  }
  return undefined;
}

/** What the last document of an output says is the answer; the output itself where no document says it. */
export function answerText(output: string): string {
  if (!output.includes('{')) return output;
  const value = answerField(documentsIn(output).at(-1));
  return typeof value === 'string' || typeof value === 'number' ? String(value) : output;
}

function isRecord(value: Json): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An answer holds few documents: what begins like one and is none is passed over. */
const MOST_DOCUMENTS = 20;

/** The objects in a text that are no part of another. */
export function documentsIn(text: string): readonly Json[] {
  const documents: Json[] = [];
  let tried = 0;
  for (let start = text.indexOf('{'); start >= 0 && tried < MOST_DOCUMENTS; tried++) {
    const end = endOfObject(text, start);
    const parsed = end === null ? null : parseJson(text.slice(start, end));
    if (parsed?.ok) documents.push(parsed.value);
    start = text.indexOf('{', parsed?.ok ? end! : start + 1);
  }
  return documents;
}

function endOfObject(text: string, start: number): number | null {
  let depth = 0;
  let inText = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (inText) {
      if (character === '\\') at++;
      else if (character === '"') inText = false;
    } else if (character === '"') inText = true;
    else if (character === '{') depth++;
    else if (character === '}' && --depth === 0) return at + 1;
  }
  return null;
}
