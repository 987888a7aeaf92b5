/** The language tables of the package, each a JSON file in `data/` that names its source and licence. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LanguageTables } from '../core/score/text/language-tables.js';
import { PACKAGE_ROOT } from './package.js';

export function readLanguageTable<Name extends keyof LanguageTables>(name: Name): LanguageTables[Name] {
  return JSON.parse(readFileSync(join(PACKAGE_ROOT, 'data', `${name}.json`), 'utf8'));
}
