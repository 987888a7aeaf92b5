/**
 * Server-sent events with the time at which their bytes arrived. Time is read in the socket's own callback, and nothing else
 * is done there: what arrived is parsed once all sockets that were ready have been read, so that neither a slow reader nor another
 * stream makes a server look slow.
 */
import { createParser } from 'eventsource-parser';
import { type ArrivingBody, WaitingParts } from './arriving.js';

export interface StampedEvent {
  /** Seconds, monotonic. */
  readonly time: number;
  /** What the server calls the event; null where it has no name, as the protocol has it. */
  readonly name: string | null;
  readonly data: string;
}

export class StreamTooLarge extends Error {}

/** No token needs a line of a megabyte, nor an answer 64 of them. */
const LONGEST_EVENT = 2 ** 20;
const LONGEST_STREAM = 64 * 2 ** 20;

/** The last event of a whole answer. */
export const DONE = '[DONE]';
const DONE_BYTES = Buffer.from(DONE);
const STREAM = { stream: true };
/** Seconds for the few bytes that close a whole answer. */
const CLOSING = 0.1;

/**
 * The events of a body, those together that were parsed together: what is paid for a turn of a generator is paid for all of them once.
 *
 * @param parsed When bytes are parsed: soon after they arrive, or when the answer has ended. The latter costs less, for who needs nothing
 * of an answer before its end.
 * @throws StreamTooLarge, or whatever broke the connection.
 */
export async function* eventsOf(
  body: ArrivingBody,
  parsed: 'soon' | 'at end' = 'soon',
): AsyncGenerator<readonly StampedEvent[]> {
  let waiting: StampedEvent[] = [];
  const state: { ended: boolean; error: unknown } = { ended: false, error: null };
  let wake = () => {};
  const arrived = new WaitingParts();
  let closing: { readonly error: unknown } | null = null;
  let isDue = false;
  let time = 0;
  let received = 0;
  let done = false;

  const end = (error: unknown) => {
    if (!state.ended) {
      state.ended = true;
      state.error = error;
    }
    wake();
  };
  const read = () => {
    isDue = false;
    arrived.readOut((arrival, bytes) => {
      if (state.ended) return;
      time = arrival;
      parser.feed(decoder.decode(bytes, STREAM));
    });
    if (state.ended) return;
    if (closing === null) return wake();
    // Some servers forget the blank line after their last event.
    if (closing.error === null) parser.feed('\n\n');
    end(closing.error);
  };
  const readSoon = () => {
    if (!isDue) setImmediate(read);
    isDue = true;
  };
  const decoder = new TextDecoder();
  const parser = createParser({
    maxBufferSize: LONGEST_EVENT,
    onEvent: ({ event, data }) => waiting.push({ time, name: event ?? null, data }),
    onError: ({ type, field, value }) => {
      if (type === 'max-buffer-size-exceeded') end(new StreamTooLarge('an event longer than a megabyte'));
      // llama-server once wrote its errors as a field that the format does not know.
      if (type === 'unknown-field' && field === 'error') waiting.push({ time, name: 'error', data: value ?? '' });
    },
  });
  body.read({
    part(part) {
      arrived.add(part);
      // Some servers keep a stream open after its last event.
      if (parsed === 'soon' || part.bytes.includes(DONE_BYTES)) readSoon();
      received += part.bytes.length;
      if (received > LONGEST_STREAM) end(new StreamTooLarge('more than 64 MiB'));
    },
    end(error) {
      closing = { error };
      readSoon();
    },
  });

  try {
    for (;;) {
      if (waiting.length > 0) {
        const events = waiting;
        waiting = [];
        done ||= events.some(({ data }) => data.trim() === DONE);
        yield events;
      } else if (state.ended) {
        if (state.error !== null) throw state.error;
        return;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    state.ended = true;
    // A whole answer is read to its very end, so that its connection can serve the next request.
    if (done) await body.closed(CLOSING);
    body.drop();
  }
}
