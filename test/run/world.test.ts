/** A use case is called by the command line and by programs, so it must not reach past its arguments. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../support/cli.js';

const RUN = join(ROOT, 'src/run');
const FORBIDDEN = /\bprocess\.(argv|exit|exitCode|stdout|stderr|stdin|cwd|env)\b|\bconsole\./g;
/** The defaults of a program that hands over only a part of its world. */
const ALLOWED = { 'world.ts': ['process.cwd', 'process.env'] };

test('no use case reads arguments, folder or environment of the process, writes to a terminal, or sets an exit code', () => {
  const files = readdirSync(RUN).filter((name) => name.endsWith('.ts'));
  const found = files.map((name) => [name, readFileSync(join(RUN, name), 'utf8').match(FORBIDDEN) ?? []] as const);
  expect(Object.fromEntries(found.filter(([, uses]) => uses.length > 0))).toEqual(ALLOWED);
});
