/** The JSON Schemas of the files that people write, and of summary.json, as the package ships them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PACKAGE_ROOT, type SchemaName } from '../system/package.js';

/** @returns The schema as JSON text. */
export function schema(name: SchemaName): Promise<string> {
  return readFile(join(PACKAGE_ROOT, 'schemas', `${name}.schema.json`), 'utf8');
}
