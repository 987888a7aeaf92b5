/** Bodies that a proxy compressed although nobody asked for it: each block is decoded as it arrives. */
import { pipeline, type Readable, type Transform } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { UserError } from '../../core/errors.js';
import { firstBytes, isText } from './sniff.js';

/** Without these, the last block of a stream that breaks off would be an error of its own. */
const GZIP = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
const BROTLI = { flush: constants.BROTLI_OPERATION_FLUSH, finishFlush: constants.BROTLI_OPERATION_FLUSH };

const DECODERS: Readonly<Record<string, (beginning: Buffer) => Transform>> = {
  gzip: () => createGunzip(GZIP),
  'x-gzip': () => createGunzip(GZIP),
  // Half of the programs that write `deflate` leave out the header that belongs to it.
  deflate: (beginning) => (hasZlibHeader(beginning) ? createInflate(GZIP) : createInflateRaw(GZIP)),
  br: () => createBrotliDecompress(BROTLI),
};

/**
 * @param encoding the header `content-encoding`; several, as in `gzip, br`, were applied in this order.
 * @returns the body itself where it is plain text, whatever the header says: `none` and `utf-8` keep proxies from compressing.
 * @throws UserError for an encoding that cannot be undone.
 */
export async function decoded(body: Readable, encoding: string, place: string): Promise<Readable> {
  if (encoding === '') return body;
  const names = encoding
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity');
  if (names.length === 0) return body;
  const beginning = await firstBytes(body);
  if (beginning === null || isText(beginning)) return body;
  return names.reduceRight((stream, name) => {
    const decoder = Object.hasOwn(DECODERS, name) ? DECODERS[name]!(beginning) : null;
    if (decoder === null) {
      body.destroy();
      throw new UserError(
        `${place}: expected an answer that is not compressed, as was asked for (accept-encoding: identity), found "${name}"; ` +
          'switch compression off in the proxy before the server',
      );
    }
    // Whoever reads the decoder hears of an error through it.
    return pipeline(stream, decoder, () => {});
  }, body);
}

/** The body itself, or unpacked where it is compressed and no header says so; and its first bytes. */
export async function unpacked(
  body: Readable,
): Promise<{ readonly body: Readable; readonly beginning: Buffer | null }> {
  const beginning = await firstBytes(body);
  if (beginning?.[0] !== 0x1f || beginning[1] !== 0x8b) return { body, beginning };
  const plain = pipeline(body, createGunzip(GZIP), () => {});
  return { body: plain, beginning: await firstBytes(plain) };
}

function hasZlibHeader(bytes: Buffer): boolean {
  return bytes.length > 1 && (bytes[0]! & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0;
}
