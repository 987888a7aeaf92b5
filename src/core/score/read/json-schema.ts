/**
 * JSON Schema through ajv, with everything a data set may carry taken for hostile: patterns run on RE2 (linear time), the
 * size and depth of a schema are bounded, `$ref` never leaves the schema, and validation stops at the first error.
 */
import { Ajv, type AnySchema, type Options, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { SampleError } from '../score.js';
import { pattern } from '../text/pattern.js';
import { type Json, MAX_DEPTH } from './json-value.js';

/** Characters of a schema as JSON. */
export const SCHEMA_LIMIT = 200_000;

/** ajv tells compiled patterns apart by their `toString`. */
const regExp = Object.assign(
  (source: string) => {
    const linear = pattern(source);
    return { test: (text: string) => linear.test(text), toString: () => source };
  },
  { code: 'pattern' },
);

const SETTINGS: Options = {
  strict: false,
  allErrors: false,
  validateFormats: true,
  ownProperties: true,
  logger: false,
  code: { regExp },
};

const compiled = new Map<string, ValidateFunction>();

export type Verdict = { readonly valid: true } | { readonly valid: false; readonly reason: string };

/** @throws SampleError when the schema itself is at fault. */
export function validate(schema: unknown, value: Json): Verdict {
  const check = compile(schema);
  if (check(value)) return { valid: true };
  const [error] = check.errors ?? [];
  return { valid: false, reason: `${error?.instancePath || 'the document'} ${error?.message ?? 'does not match'}` };
}

function compile(schema: unknown): ValidateFunction {
  if ((typeof schema !== 'object' || schema === null) && typeof schema !== 'boolean') {
    throw new SampleError(`expected a JSON Schema, found ${JSON.stringify(schema) ?? 'nothing'}`);
  }
  const text = JSON.stringify(schema);
  const known = compiled.get(text);
  if (known !== undefined) return known;
  if (text.length > SCHEMA_LIMIT)
    throw new SampleError(`expected a schema of up to ${SCHEMA_LIMIT} characters, found ${text.length}`);
  if (isDeeper(schema, MAX_DEPTH)) throw new SampleError(`expected a schema nested up to ${MAX_DEPTH} levels`);
  const ajv = validatorFor(schema);
  // The draft is settled; ajv would look `$schema` up, and knows only some of the spellings in use.
  const body = (typeof schema === 'object' ? { ...schema, $schema: undefined } : schema) as AnySchema;
  let check: ValidateFunction;
  try {
    check = ajv.compile(body);
  } catch (error) {
    throw new SampleError(`expected a valid JSON Schema: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    // Another row may bring another schema of the same $id.
    ajv.removeSchema(body);
  }
  if (compiled.size > 200) compiled.clear();
  compiled.set(text, check);
  return check;
}

const validators: { draft7?: Ajv; draft2020?: Ajv } = {};

/** One validator per draft, made when it is first needed: making one compiles its meta-schemas. */
function validatorFor(schema: object | boolean): Ajv {
  if (typeof schema === 'object' && '$schema' in schema && /draft-0[4-7]/.test(String(schema.$schema))) {
    validators.draft7 ??= withFormats(new Ajv(SETTINGS));
    return validators.draft7;
  }
  validators.draft2020 ??= withFormats(new Ajv2020(SETTINGS));
  return validators.draft2020;
}

function withFormats(ajv: Ajv): Ajv {
  formats.default(ajv);
  return ajv;
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((item) => isDeeper(item, levels - 1));
}
