/** Bytes of files that are packed, as data sets and recorded traffic often are. */
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { UserError } from '../core/errors.js';

/** The bytes of a file, unpacked if its name ends in .gz. */
export async function* unpacked(raw: AsyncIterable<Buffer>, file: string): AsyncGenerator<Buffer> {
  if (!file.toLowerCase().endsWith('.gz')) return yield* raw;
  const [packed, bytes] = [Readable.from(raw), createGunzip()];
  packed.on('error', (error) => bytes.destroy(error));
  try {
    yield* packed.pipe(bytes);
  } finally {
    packed.destroy();
  }
}

/** The first bytes of packed files. */
const PACKERS = [
  ['gzip', [0x1f, 0x8b]],
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['bzip2', [0x42, 0x5a, 0x68]],
] as const;

/** The same bytes. @throws UserError when they begin as those of a packed file do. */
export async function* notPacked(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let isFirst = true;
  for await (const chunk of bytes) {
    const packer = isFirst && PACKERS.find(([, begin]) => begin.every((byte, i) => chunk[i] === byte));
    isFirst = false;
    if (packer) {
      const [name] = packer;
      throw new UserError(
        `expected text, found a file that is packed with ${name}; ${name === 'gzip' ? 'give it a name that ends in .gz' : 'unpack it first, or pack it with gzip'}`,
      );
    }
    yield chunk;
  }
}
