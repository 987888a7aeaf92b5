/**
 * Downloads one file from the hub into the cache. Bytes are appended to a partial file, which survives an interruption. The
 * length and the hash of the file on disk are verified; only then an atomic rename puts it into its place.
 *
 * Note: huggingface_hub's partial files have other names. So an older version of it (which appends) and rightsize never
 * write into the same file.
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
  /** The path of the finished file. */
  readonly target: string;
  readonly lock: string;
  /** The name of the file in messages. */
  readonly place: string;
  read(offset: number): Promise<HubBody>;
  /** Called with the number of bytes of the file that are on disk. */
  onBytes(done: number): void;
}

/** After this many new bytes the count of attempts starts again: the connection may break many times during a large file. */
const WORTHWHILE = 2 ** 20;

/** @throws UserError when the hub keeps failing, or when the content does not match the listing. */
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

/** The bytes of a file that an interrupted download has left on disk. */
export async function bytesLeftOver(target: string): Promise<number> {
  return stat(partialOf(target)).then(
    (found) => found.size,
    () => 0,
  );
}

function partialOf(target: string): string {
  return `${target}.rightsize.incomplete`;
}

async function fill(
  handle: FileHandle,
  path: string,
  download: Download,
  pace: Pace,
  signal: AbortSignal,
): Promise<void> {
  const { file, place } = download;
  let done = (await handle.stat()).size;

  async function append(): Promise<void> {
    const body = await download.read(done);
    // A server without range requests starts again at byte 0.
    done = Math.min(done, body.offset);
    if (body.offset > done) throw new Transient(`${place}: the server skipped bytes of ${file.name}`, null);
    try {
      for await (const chunk of body.chunks) {
        if (done + chunk.length > file.size) throw new WrongContent('more bytes than announced');
        await handle.write(chunk, 0, chunk.length, done);
        done += chunk.length;
        download.onBytes(done);
      }
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof WrongContent || isFileSystemError(error)) throw error;
      throw new Transient(`${place}: the connection broke (${describeError(error)})`, null, { cause: error });
    }
    if (done < file.size) throw new Transient(`${place}: ${done} of ${file.size} bytes arrived`, null);
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

  // The bytes that an earlier run left may be wrong. So the first mismatch starts one fresh download.
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

/** SHA-256 for a large file. For a small file, git's SHA-1 of the blob: over a header with the length, then the bytes. */
async function hashOf(path: string, file: HubFile): Promise<string> {
  const hash = createHash(file.hash.length === 64 ? 'sha256' : 'sha1');
  if (file.hash.length === 40) hash.update(`blob ${file.size}\0`);
  await pipeline(createReadStream(path, { highWaterMark: 2 ** 20 }), hash);
  return hash.digest('hex');
}
