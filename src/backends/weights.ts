/** The files that hold a model's weights, and a hash by which two runs can tell that they used the same ones. */
import { realpath, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { SessionFacts } from '../core/log/log.js';
import { sha256, sha256OfFile } from '../system/hash.js';
import type { BackendContext } from './backend.js';

/**
 * One file's hash is its SHA-256; several files' is that of their hashes and names, a line each, as `sha256sum` writes them.
 *
 * @param files absolute paths, in an order that does not change.
 */
export async function describeWeights(
  files: readonly string[],
  { untimed = (work) => work() }: Pick<BackendContext, 'untimed'>,
): Promise<NonNullable<SessionFacts['weights']>> {
  const names = files.map((file) => basename(file));
  const hashes = await untimed(() => Promise.all(files.map(hashOf)));
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  const lines = hashes.map((hash, i) => `${hash}  ${names[i]}\n`);
  return {
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    hash: hashes.length === 1 ? hashes[0]! : sha256(lines.join('')),
    files: names,
  };
}

/** The Hugging Face cache names large files by their SHA-256, which was checked when they were fetched. */
async function hashOf(file: string): Promise<string> {
  const name = basename(await realpath(file));
  return /^[0-9a-f]{64}$/.test(name) ? name : sha256OfFile(file);
}
