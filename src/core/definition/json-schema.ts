/**
 * Exports the schemas of suites, models.json and price lists as JSON Schema, so that editors complete and check these files.
 * `npm run schemas` writes them from the same zod schemas that read the files.
 */
import { z } from 'zod';
import { SCORERS } from '../score/table.js';
import { catalogueSchema, modelSchema } from './model.js';
import { priceListSchema } from './price-list.js';
import { groupSchema, suiteSchema } from './suite.js';

export type JsonSchema = Record<string, unknown>;

/** The address of a schema, so that a suite can name it in `$schema` without the package. */
export function schemaId(file: string): string {
  return `https://unpkg.com/rightsize/schemas/${file}`;
}

/** Returns the schemas by their file names in `schemas/`. */
export function jsonSchemas(): Readonly<Record<string, JsonSchema>> {
  return {
    'suite.schema.json': suiteJsonSchema(),
    'models.schema.json': modelsJsonSchema(),
    'prices.schema.json': pricesJsonSchema(),
  };
}

interface ObjectSchema extends JsonSchema {
  readonly properties?: JsonSchema;
  readonly required?: readonly string[];
}

/** The options of a scorer are an object, or one of several objects. */
function variantsOf(options: JsonSchema): readonly ObjectSchema[] {
  return 'anyOf' in options ? (options.anyOf as readonly ObjectSchema[]) : [options];
}

function suiteJsonSchema(): JsonSchema {
  const schema = emit(suiteSchema);
  const scorers = Object.entries(SCORERS).flatMap(([name, { options, summary }]) =>
    variantsOf(emit(options)).map(({ properties, required }) => ({
      type: 'object',
      description: summary,
      properties: { name: { const: name }, ...properties },
      required: ['name', ...(required ?? [])],
      additionalProperties: false,
    })),
  );
  const module = {
    type: 'string',
    pattern: '\\.[cm]?js$',
    description: 'A module of your own: ./my-scorer.mjs.',
  };
  const task = (schema.properties as { tasks: { items: { properties: JsonSchema } } }).tasks.items;
  task.properties.scorer = {
    description: 'The scorer that judges an answer; see docs/scorers.md.',
    anyOf: [{ enum: Object.keys(SCORERS) }, module, ...scorers, ...variantsOf(emit(SCORERS.own.options))],
  };
  const { $schema, ...suite } = schema;
  const { $schema: _, ...group } = emit(groupSchema);
  return { $schema, $id: schemaId('suite.schema.json'), title: 'A suite of rightsize', anyOf: [suite, group] };
}

/** An entry or a variant may have the fields of any backend. The combined model is checked later, when the file is loaded. */
function modelsJsonSchema(): JsonSchema {
  const { $schema, ...catalogue } = emit(catalogueSchema);
  const branches = (emit(modelSchema) as { oneOf: { properties: Record<string, JsonSchema> }[] }).oneOf;
  const fields: Record<string, JsonSchema[]> = {};
  for (const { properties } of branches) {
    for (const [name, schema] of Object.entries(properties)) {
      fields[name] ??= [];
      const list = fields[name];
      if (!list.some((listed) => JSON.stringify(listed) === JSON.stringify(schema))) list.push(schema);
    }
  }
  const properties = Object.fromEntries(
    Object.entries(fields).map(([name, schemas]) => [name, schemas.length === 1 ? schemas[0]! : { anyOf: schemas }]),
  );
  const variant = { type: 'object', properties, additionalProperties: false };
  (catalogue.properties as JsonSchema).models = {
    type: 'array',
    minItems: 1,
    items: {
      ...variant,
      properties: {
        ...properties,
        variants: {
          type: 'object',
          description: 'Each variant is the entry with these fields changed.',
          additionalProperties: variant,
        },
      },
      required: ['id'],
    },
  };
  return { $schema, $id: schemaId('models.schema.json'), title: 'The models of rightsize', ...catalogue };
}

function pricesJsonSchema(): JsonSchema {
  const { $schema, ...prices } = emit(priceListSchema);
  return { $schema, $id: schemaId('prices.schema.json'), title: 'Prices and devices of rightsize', ...prices };
}

function emit(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
}
