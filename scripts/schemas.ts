/** Writes `schemas/*.json` from the schemas that read the files. A test holds the two against each other. */
import { writeFileSync } from 'node:fs';
import { jsonSchemas } from '../src/core/definition/json-schema.js';

for (const [name, schema] of Object.entries(jsonSchemas())) {
  writeFileSync(new URL(`../schemas/${name}`, import.meta.url), `${JSON.stringify(schema, null, 2)}\n`);
}
