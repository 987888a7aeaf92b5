/** The backend that docs/backends.md writes as an example is taken from the page as it stands, and keeps the contract. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Backend } from '../../src/backends/backend.js';
import { modelSchema } from '../../src/core/definition/model.js';
import { contract } from './contract.js';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/backends.md'), 'utf8');
const code = /```ts\n(\/\/ src\/backends\/echo\.ts[\s\S]*?)```/.exec(page)![1]!;
const file = join(mkdtempSync(join(tmpdir(), 'rightsize-echo-')), 'echo.ts');
const source = pathToFileURL(join(root, 'src')).pathname;
writeFileSync(
  file,
  code.replaceAll("from '../", `from '${source}/`).replaceAll("from './", `from '${source}/backends/`),
);

const { echo } = (await import(file)) as { echo: Backend };
const model = modelSchema.parse({ id: 'echo', backend: 'scripted', source: 'mountain' });

contract('the echo of docs/backends.md', {
  backend: echo,
  model,
  broken: { ...model, source: 'plain' },
  context: { directory: '.', environment: {} },
  prompt: { messages: [{ role: 'user', content: 'one two three four five six seven' }] },
  exceptions: {
    'samples from its seed alone': 'an echo draws nothing',
    'refuses a prompt longer than its context': 'an echo has no context window',
  },
});
