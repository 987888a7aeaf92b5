/** What a clone builds, before it is packed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../support/cli.js';

// tsc writes only what changed since its last build. Beside a removed dist its memory would leave out dist/main.js.
test.each(['tsconfig.json', 'tsconfig.test.json'])(
  '%s keeps the memory of its build in dist, which packing removes',
  (file) => {
    const { compilerOptions } = JSON.parse(readFileSync(join(ROOT, file), 'utf8'));
    expect(compilerOptions.tsBuildInfoFile).toMatch(/^dist\//);
  },
);
