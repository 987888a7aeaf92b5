/**
 * Entities of an answer or a target, in one of three forms:
 *
 *     {"text": "Berlin", "type": "LOC"}             by value
 *     {"start": 0, "end": 6, "type": "LOC"}         by place
 *     ["B-LOC", "O"]                                by the tags of tokens, from which seqeval takes places
 *
 * Models also write one object a line, or a list of texts for each type: {"LOC": ["Berlin"], "PER": []}.
 */
import { strip } from '../text/text.js';
import { firstDocument, type Json, parseJson, withoutFence } from './json-value.js';

export interface Entity {
  readonly type: string;
  /** What two entities have in common that are one. */
  readonly key: string;
}

export interface EntityRules {
  readonly match: 'value' | 'span';
  readonly ignoreCase: boolean;
}

/** @returns null for an answer without entities in any of the forms: no list, or no document. */
export function entitiesIn(output: string, rules: EntityRules): readonly Entity[] | null {
  const lines = objectsOfLines(output);
  if (lines !== null) return entitiesOf(lines, rules);
  const document = firstDocument(output);
  const parsed = document === null ? null : parseJson(document);
  if (parsed?.ok) {
    const list = listOf(parsed.value);
    return (list === null ? null : entitiesOf(list, rules)) ?? entitiesByType(parsed.value, rules);
  }
  const words = output.trim().split(/\s+/);
  return words.every((word) => TAG.test(word)) ? entitiesOfTags(words) : null;
}

/** An object with one list holds the entities in it, whatever it calls them. */
function listOf(value: Json): readonly Json[] | null {
  if (Array.isArray(value)) return value;
  if (typeof value !== 'object' || value === null) return null;
  const lists = Object.values(value).filter((inner) => Array.isArray(inner));
  return lists.length === 1 ? lists[0]! : null;
}

/** Two or more lines with an object on each; null for any other text. */
function objectsOfLines(output: string): readonly Json[] | null {
  const lines = withoutFence(output)
    .split('\n')
    .filter((line) => strip(line) !== '');
  if (lines.length < 2 || !lines.every((line) => /^\s*\{.*\}\s*$/.test(line))) return null;
  const parsed = lines.map(parseJson);
  return parsed.every(({ ok }) => ok) ? parsed.flatMap((one) => (one.ok ? [one.value] : [])) : null;
}

/** Lists of texts under the names of their types. */
function entitiesByType(value: Json, rules: EntityRules): readonly Entity[] | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const types = Object.entries(value as Readonly<Record<string, Json>>);
  if (!types.every(([, texts]) => Array.isArray(texts) && texts.every((text: Json) => typeof text === 'string')))
    return null;
  return entitiesOf(
    types.flatMap(([type, texts]) => (texts as readonly string[]).map((text) => ({ type, text }))),
    rules,
  );
}

const TAG = /^(?:O|[BIES]-\S+)$/;

/** @returns null where a member has none of the forms. */
export function entitiesOf(list: readonly Json[], rules: EntityRules): readonly Entity[] | null {
  if (list.length > 0 && list.every((tag) => typeof tag === 'string' && TAG.test(tag)))
    return entitiesOfTags(list as readonly string[]);
  const entities = list.map((item) => entityOf(item, rules));
  return entities.every((entity) => entity !== null) ? entities : null;
}

function entityOf(item: Json, { match, ignoreCase }: EntityRules): Entity | null {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return null;
  const fields = item as Readonly<Record<string, Json>>;
  const type = firstText(fields, TYPE_FIELDS);
  if (type === undefined) return null;
  const { start, end } = fields;
  const text = firstText(fields, TEXT_FIELDS);
  if (match === 'span')
    return typeof start === 'number' && typeof end === 'number' ? { type, key: `${start} ${end}` } : null;
  if (text === undefined) return null;
  const value = strip(text).replace(/\s+/g, ' ');
  return { type, key: ignoreCase ? value.toLowerCase() : value };
}

/** Names that models give to the type of an entity and to its text, the surest first. */
const TYPE_FIELDS = ['type', 'label', 'category', 'entity_type', 'entity_group', 'tag', 'entity'] as const;
const TEXT_FIELDS = ['text', 'word', 'name', 'value', 'mention', 'entity'] as const;

function firstText(fields: Readonly<Record<string, Json>>, names: readonly string[]): string | undefined {
  return names.map((name) => fields[name]).find((value) => typeof value === 'string');
}

/** seqeval's get_entities: a tag of another type begins an entity, and so does I after O. The last token is part of its entity. */
function entitiesOfTags(tags: readonly string[]): readonly Entity[] {
  const entities: Entity[] = [];
  let [before, typeBefore, begin] = ['O', '', 0];
  for (const [index, tag] of [...tags, 'O'].entries()) {
    const [prefix, type] = tag === 'O' ? ['O', ''] : [tag[0]!, tag.slice(2)];
    if (endsBefore(before, prefix, typeBefore !== type))
      entities.push({ type: typeBefore, key: `${begin} ${index - 1}` });
    if (prefix !== 'O' && beginsHere(before, prefix, typeBefore !== type)) begin = index;
    [before, typeBefore] = [prefix, type];
  }
  return entities;
}

function endsBefore(before: string, prefix: string, isOther: boolean): boolean {
  if (before === 'O') return false;
  return before === 'E' || before === 'S' || prefix === 'B' || prefix === 'S' || prefix === 'O' || isOther;
}

function beginsHere(before: string, prefix: string, isOther: boolean): boolean {
  return prefix === 'B' || prefix === 'S' || before === 'E' || before === 'S' || before === 'O' || isOther;
}
