/** Writes `schemas/*.json` from the schemas that read the files, and that of summary.json. A test holds the two against each other. */
import { writeFileSync } from 'node:fs';
import { jsonSchemas } from '../src/core/definition/json-schema.js';
import { summaryJsonSchema } from '../src/core/report/summary-schema.js';

const SCHEMAS = { ...jsonSchemas(), 'summary.schema.json': summaryJsonSchema() };

for (const [name, schema] of Object.entries(SCHEMAS)) {
  writeFileSync(new URL(`../schemas/${name}`, import.meta.url), `${JSON.stringify(schema, null, 2)}\n`);
}
