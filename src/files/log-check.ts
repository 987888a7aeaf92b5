/**
 * Checks the records of a log by their schemas. A log can hold a million measurements, so the schemas of the records that are
 * many are compiled to code by ajv, which takes a hundredth of zod's time. zod then finds the words for a record that fails.
 * The rest are read by zod, which fills in what earlier versions did not write.
 */
import type { ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { z } from 'zod';
import { type Complaint, firstComplaint } from '../core/definition/describe.js';
import { type LogRecord, RECORDS, type RecordType } from '../core/log/log.js';
import { timesAscend } from '../core/measure/measurement.js';

export type Checked = { readonly record: LogRecord } | { readonly complaint: Complaint };

type Many = Extract<LogRecord, { type: 'sample' | 'measurement' | 'evidence' }>;
type Check = (value: unknown) => value is Many;

export function checkRecord(type: RecordType, value: unknown): Checked {
  if (isMany(type) && checkOf(type)(value)) return { record: value };
  const result = RECORDS[type].safeParse(value);
  return result.success ? { record: result.data as LogRecord } : { complaint: firstComplaint(result.error, value) };
}

function isMany(type: RecordType): type is Many['type'] {
  return type === 'measurement' || type === 'sample' || type === 'evidence';
}

/** Compiled when the first record of its type is read. */
const compiled = new Map<RecordType, Check>();

function checkOf(type: Many['type']): Check {
  const known = compiled.get(type);
  if (known !== undefined) return known;
  const fits = compile(RECORDS[type]);
  const check = (value: unknown): value is Many => fits(value) && (value.type !== 'measurement' || timesAscend(value));
  compiled.set(type, check);
  return check;
}

function compile(schema: z.ZodType): ValidateFunction<Many> {
  const ajv = new Ajv2020({ discriminator: true, strict: false, logger: false });
  return ajv.compile<Many>(
    z.toJSONSchema(schema, {
      io: 'input',
      reused: 'inline',
      override({ zodSchema, jsonSchema }) {
        // ajv looks at one branch of a union where it knows the field that tells the branches apart; it then checks objects alone.
        const { def } = zodSchema._zod;
        if (def.type === 'union' && 'discriminator' in def) {
          jsonSchema.type = 'object';
          jsonSchema.discriminator = { propertyName: def.discriminator };
        }
      },
    }),
  );
}
