/**
 * Small weights in Redis, under the hash of their content. The hash stands in the signed announcement of the run, so the bytes need no
 * signature: whoever takes them counts and hashes them.
 */
import { open } from 'node:fs/promises';
import { sha256OfBytes } from '../system/hash.js';
import { fileKey } from './keys.js';
import type { OfferedFile } from './messages.js';
import type { Connection } from './redis.js';
import { Refused } from './seal.js';

/** Bytes that are sent or asked for at once. */
const PIECE = 2 ** 22;
/** Seconds after which Redis forgets a file that no run offers any more. */
const FORGOTTEN = 3600;

/** Puts a file into Redis, unless it is there. */
export async function offerFile({ redis }: Connection, { hash, bytes }: OfferedFile, path: string): Promise<void> {
  const key = fileKey(hash);
  if ((await redis.strlen(key)) !== bytes) {
    const file = await open(path);
    try {
      for (let at = 0; at < bytes; at += PIECE) {
        const { buffer, bytesRead } = await file.read({
          buffer: Buffer.alloc(Math.min(PIECE, bytes - at)),
          position: at,
        });
        await redis.setrange(key, at, buffer.subarray(0, bytesRead));
      }
    } finally {
      await file.close();
    }
  }
  await redis.expire(key, FORGOTTEN);
}

/** @throws Refused where Redis does not have the file, or has another one. */
export async function fetchFile({ redis }: Connection, { name, hash, bytes }: OfferedFile): Promise<Buffer> {
  const key = fileKey(hash);
  const found = await redis.strlen(key);
  if (found !== bytes) throw new Refused(`${name} has ${found} bytes in the queue, and the run says ${bytes}`);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes; at += PIECE) {
    pieces.push(await redis.getrangeBuffer(key, at, Math.min(at + PIECE, bytes) - 1));
  }
  const content = Buffer.concat(pieces);
  if (sha256OfBytes(content) !== hash) throw new Refused(`${name} in the queue is not the file that the run names`);
  return content;
}
