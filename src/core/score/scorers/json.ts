/**
 * The answer is a JSON document. It must parse. If there is a schema, it must be valid; if there is a target, it must agree with it,
 * as a whole or field by field. A field is a leaf of the document with its path:
 *
 *     precision = right fields / fields given      recall = right fields / fields expected      F1 = their harmonic mean
 *
 * A cell also has the three for each field. The comparator of a field compares it: see json-fields.ts.
 */
import { z } from 'zod';
import { known, missing, type Quantity } from '../../quantity.js';
import { comparatorSchema, compareFields, type FieldCounts, type Fields } from '../read/json-fields.js';
import { validate } from '../read/json-schema.js';
import { firstDocument, type Json, parseJson, withoutFence } from '../read/json-value.js';
import { type Aggregate, SampleError, type Scorer, scored } from '../score.js';

const options = z.strictObject({
  value: z
    .enum(['f1', 'exact', 'valid'])
    .default('f1')
    .describe('The score: F1 over fields, 1 if the document equals the target, or 1 if it is valid.'),
  extract: z
    .enum(['whole', 'fence', 'first'])
    .default('fence')
    .describe(
      'Where the document is: it is the whole output, the code fence if there is one, or the first object or array.',
    ),
  schema: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('A JSON Schema (2020-12, or draft 6 or 7 by its $schema).'),
  schemaField: z.string().optional().describe('The field of the row with the schema of that sample.'),
  arrays: z
    .enum(['records', 'ordered', 'unordered'])
    .default('records')
    .describe('Which lists have an order that counts: all but lists of objects, all, or none.'),
  fields: z
    .record(z.string(), comparatorSchema)
    .default({})
    .describe(
      'How a field is compared, by its name, such as `items[].price`. The others are compared as texts and values.',
    ),
  ignoreCase: z
    .boolean()
    .default(false)
    .describe('Whether the case of texts is ignored. Blanks at their ends never count.'),
});

export type JsonOptions = z.infer<typeof options>;

export const json: Scorer<JsonOptions> = {
  summary: 'the answer is JSON that fits a schema and has the fields of the target',
  reference: 'JSON Schema 2020-12 through ajv; precision, recall and F1 over fields',
  options,
  score({ output, target, fields }, settings) {
    const parsed = parseJson(documentText(output, settings.extract));
    if (!parsed.ok)
      return scored(0, null, { parsed: false, valid: false, fault: parsed.reason, ...against(null, target, settings) });
    const answer = JSON.stringify(parsed.value);
    const schema = settings.schemaField === undefined ? settings.schema : fields[settings.schemaField];
    const verdict = schema === undefined ? { valid: true as const } : validate(schema, parsed.value);
    if (!verdict.valid)
      return scored(0, answer, {
        parsed: true,
        valid: false,
        fault: verdict.reason,
        ...against(null, target, settings),
      });
    const details = { parsed: true, valid: true, ...against(parsed.value, target, settings) };
    switch (settings.value) {
      case 'valid':
        return scored(1, answer, details);
      case 'f1':
        return scored(details.f1 ?? 1, answer, details);
      case 'exact':
        return scored(details.f1 === undefined || details.f1 === 1 ? 1 : 0, answer, details);
    }
  },
  aggregate: jsonRates,
};

function documentText(output: string, extract: JsonOptions['extract']): string {
  switch (extract) {
    case 'whole':
      return output;
    case 'fence':
      return withoutFence(output);
    case 'first':
      return firstDocument(output) ?? output;
  }
}

interface Agreement {
  readonly given?: number;
  readonly expected?: number;
  readonly right?: number;
  readonly precision?: number;
  readonly recall?: number;
  readonly f1?: number;
  /** The counts of each field, as JSON: details are plain. */
  readonly fields?: string;
}

/** @param value null if there is no document, which then has no fields. */
function against(value: Json | null, target: unknown, settings: JsonOptions): Agreement {
  if (target === null || target === undefined) return {};
  const fields = compareFields(value, targetDocument(target), settings);
  const { given, expected, right } = total(fields);
  const precision = given === 0 ? 0 : right / given;
  const recall = right / expected;
  const f1 = right === 0 ? 0 : (2 * right) / (given + expected);
  return { given, expected, right, precision, recall, f1, fields: fieldsText(fields) };
}

/** Writes `{"total":{"given":1,"expected":1,"right":0}}`, as `JSON.stringify` would in twice the time. */
function fieldsText(fields: Fields): string {
  let text = '';
  for (const [name, { given, expected, right }] of fields) {
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:{"given":${given},"expected":${expected},"right":${right}}`;
  }
  return `{${text}}`;
}

/** A target is a document, or its text. */
function targetDocument(target: unknown): Json {
  if (typeof target !== 'string') return target as Json;
  const parsed = parseJson(target);
  if (!parsed.ok) throw new SampleError(`expected a JSON document as target, found text that is ${parsed.reason}`);
  return parsed.value;
}

function total(fields: Fields): FieldCounts {
  const sums = { given: 0, expected: 0, right: 0 };
  for (const { given, expected, right } of fields.values()) {
    sums.given += given;
    sums.expected += expected;
    sums.right += right;
  }
  return sums;
}

/** The most names of fields that a cell counts one by one: a model may invent any number. */
const MOST_FIELDS = 200;
const MOST_TEXTS = 200;

/** Sums the counts of fields over documents. Most documents of a task have the same counts, and their text is parsed once. */
class FieldTally {
  private readonly fields = new Map<string, FieldCounts>();
  private readonly texts = new Map<string, number>();

  /** @param text the counts of a document by field, as JSON. */
  add(text: string): void {
    if (this.texts.size >= MOST_TEXTS && !this.texts.has(text)) this.parseTexts();
    this.texts.set(text, (this.texts.get(text) ?? 0) + 1);
  }

  counts(): Fields {
    this.parseTexts();
    return this.fields;
  }

  private parseTexts(): void {
    for (const [text, times] of this.texts) {
      for (const [name, counts] of Object.entries(JSON.parse(text) as Record<string, FieldCounts>)) {
        this.addTo(name, counts, times);
      }
    }
    this.texts.clear();
  }

  /** The names of targets have room of their own, so that invented names cannot take it. */
  private addTo(name: string, counts: FieldCounts, times: number): void {
    const room = counts.expected > 0 ? 2 * MOST_FIELDS : MOST_FIELDS;
    if (!this.fields.has(name) && this.fields.size >= room) return;
    const known = this.fields.get(name) ?? { given: 0, expected: 0, right: 0 };
    known.given += times * counts.given;
    known.expected += times * counts.expected;
    known.right += times * counts.right;
    this.fields.set(name, known);
  }
}

/** The micro-average over all fields of a cell, and the shares of documents that parsed and were valid. */
function jsonRates(settings: JsonOptions): Aggregate {
  const sums = { documents: 0, parsed: 0, valid: 0, given: 0, expected: 0, right: 0 };
  const fields = new FieldTally();
  return {
    add({ score, input }) {
      if (score.state !== 'scored') return;
      // A model that failed has given no document.
      const details: Readonly<Record<string, unknown>> = score.details ?? { ...against(null, input.target, settings) };
      sums.documents++;
      sums.parsed += details.parsed === true ? 1 : 0;
      sums.valid += details.valid === true ? 1 : 0;
      for (const key of ['given', 'expected', 'right'] as const) sums[key] += Number(details[key] ?? 0);
      if (typeof details.fields === 'string') fields.add(details.fields);
    },
    metrics() {
      const rate = (part: number, whole: number, reason: string) =>
        whole === 0 ? missing(reason) : known(part / whole);
      const noFields = 'no sample has a target document';
      return {
        parsed: rate(sums.parsed, sums.documents, 'no document was scored'),
        valid: rate(sums.valid, sums.documents, 'no document was scored'),
        precision: rate(sums.right, sums.given, sums.expected === 0 ? noFields : 'no fields were given'),
        recall: rate(sums.right, sums.expected, noFields),
        f1: rate(2 * sums.right, sums.expected === 0 ? 0 : sums.given + sums.expected, noFields),
        ...Object.fromEntries(Array.from(fields.counts(), ([name, counts]) => fieldRates(name, counts)).flat()),
      };
    },
  };
}

/** A field that no target has is not reported by itself. It costs precision. */
function fieldRates(name: string, { given, expected, right }: FieldCounts): readonly (readonly [string, Quantity])[] {
  if (expected === 0) return [];
  return [
    [`precision ${name}`, given === 0 ? missing('the field was never given') : known(right / given)],
    [`recall ${name}`, known(right / expected)],
    [`f1 ${name}`, known((2 * right) / (given + expected))],
  ];
}
