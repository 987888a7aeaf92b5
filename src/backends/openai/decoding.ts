/** Bodies that a proxy compressed although nobody asked for it: each block is decoded as it arrives. */
import type { Transform } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { UserError } from '../../core/errors.js';
import { ArrivingBody } from './arriving.js';
import { isText } from './sniff.js';

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
export async function decoded(body: ArrivingBody, encoding: string, place: string): Promise<ArrivingBody> {
  if (encoding === '') return body;
  const names = encoding
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity');
  if (names.length === 0) return body;
  const beginning = await body.beginning();
  if (beginning === null || isText(beginning)) return body;
  return names.reduceRight((stream, name) => {
    const decoder = Object.hasOwn(DECODERS, name) ? DECODERS[name]!(beginning) : null;
    if (decoder === null) {
      body.drop();
      throw new UserError(
        `${place}: expected an answer that is not compressed, as was asked for (accept-encoding: identity), found "${name}"; ` +
          'switch compression off in the proxy before the server',
      );
    }
    return through(stream, decoder);
  }, body);
}

/** The body itself, or unpacked where it is compressed and no header says so; and its first bytes. */
export async function unpacked(
  body: ArrivingBody,
): Promise<{ readonly body: ArrivingBody; readonly beginning: Buffer | null }> {
  const beginning = await body.beginning();
  if (beginning?.[0] !== 0x1f || beginning[1] !== 0x8b) return { body, beginning };
  const plain = through(body, createGunzip(GZIP));
  return { body: plain, beginning: await plain.beginning() };
}

/** A body that breaks is decoded as far as it came. */
function through(body: ArrivingBody, decoder: Transform): ArrivingBody {
  const plain = new ArrivingBody({
    pause: () => decoder.pause(),
    resume: () => decoder.resume(),
    abort() {
      decoder.destroy();
      body.drop();
    },
  });
  let broken: unknown = null;
  decoder.on('data', (bytes: Buffer) => plain.push(bytes));
  decoder.on('drain', () => body.resume());
  decoder.on('end', () => {
    plain.end(broken);
    // What comes after the end of what was compressed is no part of it.
    body.drop();
  });
  decoder.on('error', (error) => {
    plain.end(broken ?? error);
    body.drop();
  });
  body.read({
    part({ bytes }) {
      if (!decoder.write(bytes)) body.pause();
    },
    end(error) {
      broken = error;
      decoder.end();
    },
  });
  return plain;
}

function hasZlibHeader(bytes: Buffer): boolean {
  return bytes.length > 1 && (bytes[0]! & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0;
}
