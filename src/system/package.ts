/** The package itself: where it is installed, and which version it is. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of what ships beside the code: suites, models.json, models. */
export const PACKAGE_ROOT = fileURLToPath(new URL('../..', import.meta.url));

export function packageVersion(): string {
  return (JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as { version: string }).version;
}

/** The schemas in its folder `schemas`. */
export const SCHEMA_NAMES = ['suite', 'models', 'prices', 'summary'] as const;

export type SchemaName = (typeof SCHEMA_NAMES)[number];
