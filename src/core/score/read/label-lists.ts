/** Several labels in one answer: a JSON list, or texts with commas, semicolons or line breaks between them. */
import { firstDocument, type Json, parseJson } from './json-value.js';
import { labelOf, withoutMarks } from './labels.js';

/** Words by which an answer says that it names no label. */
const NONE: ReadonlySet<string> = new Set(['none', 'no label', 'no labels', 'n/a', 'nothing']);

/** Each label once. @param set those that there are, where they are known. */
export function labelsIn(output: string, set?: readonly string[]): readonly string[] {
  const listed = listIn(output);
  const texts = listed ?? withoutMarks(output).split(/[,;\n\u3001\uff0c\uff1b]/);
  const labels = texts.flatMap((text) => labelsOfPart(text.replace(/^\s*(?:[-*•]|\d{1,3}[.)])\s+/, ''), set));
  return [...new Set(labels)].filter((label) => label !== '' && !NONE.has(label));
}

/** Signs and words that stand between labels, where what they part are labels. */
const JOINTS = /\s+(?:and|und|et|y|e)\s+|[&|/+#]|^\s*and\s+/;

/** A part may hold several known labels: "a and b", "a/b". */
function labelsOfPart(text: string, set: readonly string[] | undefined): readonly string[] {
  const whole = labelOf(text, set);
  if (set === undefined || set.includes(whole)) return [whole];
  const parts = text
    .split(JOINTS)
    .map((part) => labelOf(part, set))
    .filter((label) => label !== '');
  return parts.length > 0 && parts.every((label) => set.includes(label)) ? parts : [whole];
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
