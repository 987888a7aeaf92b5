/**
 * Checks the records of a log against their schemas. A log can hold a million measurements, so ajv compiles the schemas of
 * frequent records to code. This takes a hundredth of zod's time. When a frequent record fails, zod finds the error message.
 * zod reads all other records, and fills in the fields that earlier versions did not write.
 */
import type { ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { z } from 'zod';
import { type Complaint, firstComplaint } from '../core/definition/describe.js';
import { type LogRecord, RECORDS, type RecordType } from '../core/log/log.js';
import { timesAscend } from '../core/measure/measurement.js';

/** What is wrong with a value that is no record. */
export class Misfit {
  constructor(readonly complaint: Complaint) {}
}

type FrequentRecord = Extract<LogRecord, { type: 'sample' | 'measurement' | 'evidence' }>;
type Check = (value: unknown) => value is FrequentRecord;

/** Returns the record as it is, because an object around each of a million records would cost a tenth of the time that it takes to read them. */
export function checkRecord(type: RecordType, value: unknown): LogRecord | Misfit {
  if (isFrequent(type) && compiledCheck(type)(value)) return value;
  const result = RECORDS[type].safeParse(value);
  return result.success ? (result.data as LogRecord) : new Misfit(firstComplaint(result.error, value));
}

function isFrequent(type: RecordType): type is FrequentRecord['type'] {
  return type === 'measurement' || type === 'sample' || type === 'evidence';
}

/** A check is compiled when the first record of its type is read. */
const compiled = new Map<RecordType, Check>();

function compiledCheck(type: FrequentRecord['type']): Check {
  const existing = compiled.get(type);
  if (existing !== undefined) return existing;
  const fits = compile(RECORDS[type]);
  const check = (value: unknown): value is FrequentRecord =>
    fits(value) && (value.type !== 'measurement' || timesAscend(value));
  compiled.set(type, check);
  return check;
}

function compile(schema: z.ZodType): ValidateFunction<FrequentRecord> {
  // The schemas are our own: to check them too, and to shorten their code, would take longer than to read ten thousand records.
  const ajv = new Ajv2020({
    discriminator: true,
    strict: false,
    logger: false,
    meta: false,
    validateSchema: false,
    code: { optimize: false },
  });
  return ajv.compile<FrequentRecord>(
    z.toJSONSchema(schema, {
      io: 'input',
      reused: 'inline',
      override({ zodSchema, jsonSchema }) {
        // With the name of the discriminator, ajv checks only one branch of a union. It requires that the branches are objects.
        const { def } = zodSchema._zod;
        if (def.type === 'union' && 'discriminator' in def) {
          jsonSchema.type = 'object';
          jsonSchema.discriminator = { propertyName: def.discriminator };
        }
      },
    }),
  );
}
