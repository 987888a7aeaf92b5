/**
 * Where tests find real weights and data: a folder outside the repository, named by RIGHTSIZE_SHARED or lying beside the
 * checkout as `shared/`. Nothing in it is copied here. A test that needs what is not there is skipped aloud: its title and
 * a line on stderr say which file was missing and how to bring it.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, test } from 'vitest';

export const SHARED = resolve(process.env.RIGHTSIZE_SHARED ?? resolve(import.meta.dirname, '../../../shared'));

/** The absolute path of a file or folder of the shared folder, there or not. */
export function shared(path: string): string {
  return resolve(SHARED, path);
}

/** Groups tests that need these shared files or folders (paths as `shared` takes them, or absolute ones). */
export function describeWith(needed: readonly string[], name: string, body: () => void): void {
  const absent = needed.filter((path) => !existsSync(shared(path)));
  if (absent.length === 0) {
    describe(name, body);
    return;
  }
  skipAloud(name, `no ${absent.join(', ')} in ${SHARED}; set RIGHTSIZE_SHARED to the folder that has it`);
}

/** The body of a skipped group would run all the same, to collect its tests, and it may open what is not there. */
export function skipAloud(name: string, reason: string): void {
  process.stderr.write(`${name}: skipped: ${reason}\n`);
  describe.skip(name, () => test.skip(`skipped: ${reason}`, () => {}));
}
