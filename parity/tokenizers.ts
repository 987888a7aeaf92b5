/**
 * Tokenizers trained now by Python's `tokenizers` (train-tokenizers.py), and what ours make of the same texts. RIGHTSIZE_PYTHON
 * names a Python that has it (python3).
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { compareTokenizer, type TokenizerTable } from '../test/support/tokenizers.js';
import type { AsyncCheck } from './check.js';

const PYTHON = process.env.RIGHTSIZE_PYTHON ?? 'python3';
const LARGEST = 2 ** 27;

export const tokenizers: AsyncCheck = {
  name: 'tokenizers',
  folder: '.',
  title: "Python's tokenizers",
  cannot() {
    const { status } = spawnSync(PYTHON, ['-c', 'import tokenizers']);
    return status === 0 ? null : `${PYTHON} has no tokenizers; name one that has in RIGHTSIZE_PYTHON`;
  },
  async *run() {
    const script = join(import.meta.dirname, 'train-tokenizers.py');
    const { stdout } = spawnSync(PYTHON, [script, '-'], { encoding: 'utf8', maxBuffer: LARGEST });
    const { texts, cases, tokenizers: version } = JSON.parse(stdout) as TokenizerTable;
    for (const each of cases) {
      const found = compareTokenizer(each, texts);
      const what = `${each.name} (tokenizers ${version})`;
      if ('refused' in found) yield { what, published: '', found: found.refused, compared: false };
      else yield { what, published: `${texts.length} texts`, found: agreeing(found.differences, texts) };
    }
  },
};

function agreeing(differences: readonly string[], texts: readonly string[]): string {
  const different = texts.filter((text) =>
    differences.some((difference) => difference.endsWith(` ${JSON.stringify(text)}`)),
  );
  return different.length === 0
    ? `${texts.length} texts`
    : `${texts.length - different.length} texts: ${differences.join(', ')}`;
}
