/** Bodies that a proxy compressed although nobody asked for it: each block is decoded as it arrives. */
import { pipeline, type Readable, type Transform } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { UserError } from '../../core/errors.js';

/** Without these, the last block of a stream that breaks off would be an error of its own. */
const GZIP = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
const BROTLI = { flush: constants.BROTLI_OPERATION_FLUSH, finishFlush: constants.BROTLI_OPERATION_FLUSH };

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: () => createGunzip(GZIP),
  'x-gzip': () => createGunzip(GZIP),
  deflate: () => createInflate(GZIP),
  br: () => createBrotliDecompress(BROTLI),
};

/**
 * @param encoding the header `content-encoding`; several, as in `gzip, br`, were applied in this order.
 * @throws UserError for an encoding that cannot be undone.
 */
export function decoded(body: Readable, encoding: string, place: string): Readable {
  const names = encoding
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity');
  return names.reduceRight((stream, name) => {
    const decoder = Object.hasOwn(DECODERS, name) ? DECODERS[name]!() : null;
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
