/** Compiles src/backends/logits.wat to a module that carries it as base64, found wherever the code is. A test holds the two together. */
import { readFileSync, writeFileSync } from 'node:fs';
import createWabt from 'wabt';

const SOURCE = new URL('../src/backends/logits.wat', import.meta.url);

const { parseWat } = await createWabt();
const { buffer } = parseWat('logits.wat', readFileSync(SOURCE, 'utf8')).toBinary({});
writeFileSync(
  new URL('logits.wasm.ts', SOURCE),
  `/** logits.wat, compiled by \`npm run wasm\`. */\nexport const WASM =\n  '${Buffer.from(buffer).toString('base64')}';\n`,
);
