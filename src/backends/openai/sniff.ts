/**
 * What a body is, by its first bytes. Proxies and hand-written servers name streams of events `text/plain` or nothing at
 * all, errors in JSON `text/event-stream`, and what they compressed by no name; the bytes do not lie.
 */
import type { Readable } from 'node:stream';

export type BodyKind = 'events' | 'other';

/** The fields of an event, a comment, or the blank line of an event without fields. */
const EVENTS = /^(\uFEFF)?\s*(data|event|id|retry|error)?:/;
const MARKUP = /^(\uFEFF)?\s*[{[<]/;
const LONGEST_BEGINNING = 256;

/** @param beginning the first bytes; null where there are none. */
export function kindOf(beginning: Buffer | null, contentType: string): BodyKind {
  const named: BodyKind = /event-stream/i.test(contentType) ? 'events' : 'other';
  if (beginning === null) return named;
  const text = beginningOf(beginning);
  if (EVENTS.test(text)) return 'events';
  return MARKUP.test(text) ? 'other' : named;
}

/** Whether bytes begin as events, JSON or a page do. */
export function isText(beginning: Buffer): boolean {
  const text = beginningOf(beginning);
  return (EVENTS.test(text) || MARKUP.test(text)) && !/[^\P{Cc}\s]/u.test(text);
}

function beginningOf(bytes: Buffer): string {
  return bytes.subarray(0, LONGEST_BEGINNING).toString('utf8');
}

/** Reads only the first bytes, and puts them back; null where the body ends or breaks before its first byte. */
export async function firstBytes(body: Readable): Promise<Buffer | null> {
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
