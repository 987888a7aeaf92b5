/** Several labels in one answer: a JSON list, or texts with commas, semicolons or line breaks between them. */
import { firstDocument, type Json, parseJson, withoutFence } from './json-value.js';
import { normaliseLabel } from './labels.js';

/** Words by which an answer says that it names no label. */
const NONE: ReadonlySet<string> = new Set(['none', 'no label', 'no labels', 'n/a', 'nothing']);

/** Each label once. */
export function labelsIn(output: string): readonly string[] {
  const listed = listIn(output);
  const texts = listed ?? withoutFence(output).split(/[,;\n]/);
  const labels = texts.map((text) => normaliseLabel(text.replace(/^\s*(?:[-*•]|\d{1,3}[.)])\s+/, '')));
  return [...new Set(labels)].filter((label) => label !== '' && !NONE.has(label));
}

/** The list that is the document of an answer, or its only field that is one. */
function listIn(output: string): readonly string[] | null {
  const document = firstDocument(output);
  const parsed = document === null ? null : parseJson(document);
  if (!parsed?.ok) return null;
  const lists = [parsed.value, ...(isRecord(parsed.value) ? Object.values(parsed.value) : [])].filter(isListOfTexts);
  return lists.length === 1 ? lists[0]! : null;
}

function isRecord(value: Json): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isListOfTexts(value: Json): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
