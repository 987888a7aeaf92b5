/** Finds the files of a source that is a plain path: a file (with its sibling shards) or a folder. Each must be readable. */
import { access, constants, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '../core/errors.js';
import { requireFile } from '../system/path.js';
import { filesBelow } from './cache.js';
import { included, shardsOf } from './choice.js';
import type { Resolved, SourceOptions } from './source.js';

export async function localFiles(source: string, options: SourceOptions): Promise<Resolved> {
  const path = resolve(options.directory, source);
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'there is no such file or folder' : `it cannot be read (${error.code})`;
    throw new UserError(
      `source: expected a path or a hub reference (hf:org/repo), found "${source}", but ${why}: ${path}`,
    );
  });
  if (found.isFile()) {
    const files = shardsOf(basename(path)).map((name) => join(dirname(path), name));
    return { path: files[0]!, files, bytes: await readableBytes(files, source), commit: null };
  }
  if (!found.isDirectory()) {
    throw new UserError(`source: expected a file or a folder, found a pipe, a socket or a device: ${path}`);
  }
  const names = await filesBelow(path);
  const files = included(names, options.include, source).map((name) => join(path, name));
  return { path, files, bytes: await readableBytes(files, source), commit: null };
}

export async function readableBytes(files: readonly string[], source: string): Promise<number> {
  let bytes = 0;
  for (const file of files) {
    try {
      await access(file, constants.R_OK);
      await requireFile(file);
      bytes += (await stat(file)).size;
    } catch (error) {
      if (error instanceof UserError) throw error;
      const { code } = error as NodeJS.ErrnoException;
      throw new UserError(
        `source: "${source}" needs ${file}, which cannot be read (${code}); check it and its permissions`,
      );
    }
  }
  return bytes;
}
