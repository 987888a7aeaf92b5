/** The JSON Schemas of the files that people write, and of summary.json, as the package ships them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../system/package.js';

export const SCHEMA_NAMES = ['suite', 'models', 'prices', 'summary'] as const;

export type SchemaName = (typeof SCHEMA_NAMES)[number];

/** @returns The schema as JSON text. */
export function schema(name: SchemaName): Promise<string> {
  return readFile(join(PACKAGE_ROOT, 'schemas', `${name}.schema.json`), 'utf8');
}
