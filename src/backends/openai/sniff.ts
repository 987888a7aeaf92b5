/**
 * What a body is, by its first bytes. Proxies and hand-written servers name streams of events `text/plain` or nothing at
 * all, errors in JSON `text/event-stream`, and what they compressed by no name; the bytes do not lie.
 */

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
