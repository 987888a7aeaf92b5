/**
 * One file from the hub to the cache. Bytes are appended to a partial file that outlives interruptions, the whole is
 * verified by length and hash as it lies on disk, and only then takes its place by an atomic rename.
 *
 * Note: huggingface_hub's partial files have other names, so that an older version of it (which appends) and rightsize
 * never write into one file.
 */
import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { describeError, UserError } from '../core/errors.js';
import { whileLocked } from '../system/lock.js';
import { hasSize } from './cache.js';
import type { HubBody, HubFile } from './client.js';
import { type Pace, persist, Transient } from './retry.js';

export interface Download {
  readonly file: HubFile;
  /** Where the content belongs. */
  readonly target: string;
  readonly lock: string;
  /** How messages name it. */
  readonly place: string;
  read(offset: number): Promise<HubBody>;
  /** Told how many bytes of the file are on disk. */
  onBytes(done: number): void;
}

/** Progress of at least this much starts the count of attempts anew: a large file may meet many cuts. */
const WORTHWHILE = 2 ** 20;

/** @throws UserError when the hub keeps failing, or serves something else than it announced. */
export async function download(download: Download, pace: Pace, signal: AbortSignal): Promise<void> {
  await mkdir(dirname(download.target), { recursive: true });
  await whileLocked(download.lock, { command: `a download of ${download.place}`, signal }, async () => {
    if (await hasSize(download.target, download.file.size)) return;
    const partial = partialOf(download.target);
    const handle = await open(partial, constants.O_RDWR | constants.O_CREAT, 0o644);
    try {
      await fill(handle, partial, download, pace, signal);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(partial, download.target);
  });
}

/** How much of a file an interrupted download has left, bytes. */
export async function bytesLeftOver(target: string): Promise<number> {
  return stat(partialOf(target)).then(
    (found) => found.size,
    () => 0,
  );
}

function partialOf(target: string): string {
  return `${target}.rightsize.incomplete`;
}

async function fill(handle: FileHandle, path: string, of: Download, pace: Pace, signal: AbortSignal): Promise<void> {
  const { file, place } = of;
  let done = (await handle.stat()).size;

  async function append(): Promise<void> {
    const body = await of.read(done);
    // A server without ranges begins anew.
    done = Math.min(done, body.offset);
    if (body.offset > done) throw new Transient(`${place}: the server skipped bytes of ${file.name}`, null);
    try {
      for await (const chunk of body.chunks) {
        if (done + chunk.length > file.size) throw new WrongContent('more bytes than announced');
        await handle.write(chunk, 0, chunk.length, done);
        done += chunk.length;
        of.onBytes(done);
      }
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof WrongContent || isFileSystemError(error)) throw error;
      throw new Transient(`${place}: the connection broke (${describeError(error)})`, null, { cause: error });
    }
    if (done < file.size) throw new Transient(`${place}: ${done} of ${file.size} bytes came`, null);
  }

  async function complete(): Promise<void> {
    if (done > file.size) throw new WrongContent('more bytes than announced');
    while (done < file.size) {
      await persist(pace, signal, async () => {
        const before = done;
        await append().catch((error: unknown) => {
          if (!(error instanceof Transient) || done - before < WORTHWHILE) throw error;
        });
      });
    }
    const found = await hashOf(path, file);
    if (found !== file.hash) throw new WrongContent(`hash ${found}`);
  }

  // What an earlier run left over may be what is wrong, so the first mismatch is answered by one fresh download.
  try {
    return await complete();
  } catch (error) {
    if (!(error instanceof WrongContent)) throw error;
    await handle.truncate(0);
    done = 0;
  }
  try {
    await complete();
  } catch (error) {
    if (!(error instanceof WrongContent)) throw error;
    await rm(path, { force: true });
    throw new UserError(
      `${place}: expected ${file.size} bytes with hash ${file.hash}, found ${error.message} twice; ` +
        'check the proxy or mirror between here and the hub',
    );
  }
}

class WrongContent extends Error {}

function isFileSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'write' && !('address' in error);
}

/** SHA-256 of a large file; of a small one the SHA-1 that git gives it: over a header with its length, then the bytes. */
async function hashOf(path: string, file: HubFile): Promise<string> {
  const hash = createHash(file.hash.length === 64 ? 'sha256' : 'sha1');
  if (file.hash.length === 40) hash.update(`blob ${file.size}\0`);
  await pipeline(createReadStream(path, { highWaterMark: 2 ** 20 }), hash);
  return hash.digest('hex');
}
