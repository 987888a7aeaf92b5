/**
 * What a body is, by its first bytes. Proxies and hand-written servers name streams of events `text/plain` or nothing at
 * all, and errors in JSON `text/event-stream`; the bytes do not lie.
 */
import type { Readable } from 'node:stream';

export type BodyKind = 'events' | 'other';

/** The fields of an event, a comment, or the blank line of an event without fields. */
const EVENTS = /^(\uFEFF)?\s*(data|event|id|retry|error)?:/;
const LONGEST_BEGINNING = 256;

/** Reads no more than the first bytes, and puts them back. */
export async function kindOf(body: Readable, contentType: string): Promise<BodyKind> {
  const named: BodyKind = /event-stream/i.test(contentType) ? 'events' : 'other';
  const beginning = await firstBytes(body);
  if (beginning === null) return named;
  const text = beginning.subarray(0, LONGEST_BEGINNING).toString('utf8');
  if (EVENTS.test(text)) return 'events';
  return /^(\uFEFF)?\s*[{[<]/.test(text) ? 'other' : named;
}

/** Null where the body ends or breaks before its first byte. */
async function firstBytes(body: Readable): Promise<Buffer | null> {
  for (;;) {
    const bytes = body.read() as Buffer | null;
    if (bytes !== null) {
      body.unshift(bytes);
      return bytes;
    }
    if (body.readableEnded || body.destroyed || body.errored !== null) return null;
    await new Promise<void>((resolve) => {
      const settle = () => {
        for (const name of EVENTS_OF_A_BODY) body.off(name, settle);
        resolve();
      };
      for (const name of EVENTS_OF_A_BODY) body.on(name, settle);
    });
  }
}

const EVENTS_OF_A_BODY = ['readable', 'end', 'error', 'close'] as const;
