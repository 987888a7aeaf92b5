/**
 * One answer from a server: send, read the stream, and try again where that is fair, which is only before the first
 * piece. What failed attempts and waits cost is reported apart and is no part of any time stamp: stamps are shifted by it,
 * as if the clock had stood still until the attempt that succeeded. Under load nothing is tried again and no stamp is shifted: only
 * connections that the server had given up are replaced by a new one, and that time counts.
 */
import type { Generation } from '../../core/definition/suite.js';
import { UserError } from '../../core/errors.js';
import type { Prompt } from '../../core/message.js';
import { persist, Transient } from '../../hub/retry.js';
import { type End, type GenerationEvent, ModelFailure, type Piece, RequestFailure, ServerFailure } from '../backend.js';
import { PLAIN } from '../chat-template.js';
import { createStopFilter } from '../stop.js';
import { type Chunk, isPiece } from './answer.js';
import { now } from './arriving.js';
import { type Connection, codeOf, NoConnection, RateLimited, StaleConnection } from './connection.js';
import { countsOf, createTally } from './counts.js';
import { createCallWriter } from './delta.js';
import { BrokenStream, type Server, type StampedChunk, type Stream, startStream } from './stream.js';

export async function* generate(
  server: Server,
  prompt: Prompt,
  generation: Generation,
  signal: AbortSignal,
): AsyncGenerator<GenerationEvent, void, undefined> {
  signal.throwIfAborted();
  const { model, connection, under } = server;
  const begun = now();
  let sent = begun;
  let attempts = 0;
  const deadline = deadlineOf(generation.timeout, signal);

  /** One attempt, as far as its first meaningful chunk. */
  const attempt = async (): Promise<Stream> => {
    attempts += 1;
    deadline.restart();
    return startStream(server, prompt, generation, deadline.signal, () => {
      sent = now();
    });
  };

  let stream: Stream | undefined;
  try {
    if (under === 'load') stream = await onConnectionThatLasts(attempt);
    else {
      // Waiting more than half the task's own timeout is not granted: the trial would time out on it.
      const patience = Math.min(server.pace.patience, generation.timeout / 2);
      stream = await persist({ ...server.pace, patience }, signal, attempt, () => deadline.pause());
    }
    const shift = under === 'load' ? 0 : sent - begun;
    const again = attempts > 1 ? againOf(under, { count: attempts - 1, waited: shift }) : {};
    const rendered = model.api === 'chat' ? null : PLAIN.render(prompt);
    const reader = createReader(generation, shift);
    for (let arrived = stream.first; ; ) {
      for (const chunk of arrived) {
        // What has arrived is not handed out any more once the signal is aborted, except under load, where it is read at the end.
        if (under !== 'load') deadline.signal.throwIfAborted();
        const piece = reader.read(chunk);
        if (piece !== null) yield piece;
        if (reader.stopped()) break;
      }
      if (reader.stopped()) break;
      const next = await stream.chunks.next();
      if (next.done) break;
      arrived = next.value;
    }
    deadline.signal.throwIfAborted();
    const rest = reader.rest();
    if (rest !== null) yield rest;
    yield { ...reader.end(), rendered, ...again };
  } catch (error) {
    signal.throwIfAborted();
    if (deadline.expired()) {
      throw new ModelFailure(
        'timeout',
        `${connection.endpoint.place}: no complete answer within ${generation.timeout} s`,
      );
    }
    throw finalFailure(error, connection);
  } finally {
    deadline.end();
    await stream?.chunks.return?.(undefined);
  }
}

/** Every stale connection is gone after its attempt, so the last attempt is on a new one. What fails there is the server's failure. */
async function onConnectionThatLasts(attempt: () => Promise<Stream>): Promise<Stream> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof StaleConnection)) throw error;
    }
  }
}

function againOf(under: Server['under'], retries: NonNullable<End['retries']>): Pick<End, 'retries' | 'reconnected'> {
  return under === 'load' ? { reconnected: true } : { retries };
}

/** Makes pieces of chunks. A generator of its own would cost a turn of the event loop's queue for each of them. */
function createReader({ stop }: Generation, shift: number) {
  const filter = createStopFilter(stop);
  const calls = createCallWriter();
  const tally = createTally(stop);
  let usage: Chunk['usage'] = null;
  let finish: End['finish'] = 'stop';
  let lastPiece = now() - shift;
  let lastChunk = lastPiece;
  let stopped = false;
  return {
    /** The piece of a chunk; null for one that carries no output. */
    read({ chunk, time }: StampedChunk): Piece | null {
      lastChunk = time - shift;
      usage = chunk.usage ?? usage;
      // A refusal in words is followed by an ordinary end.
      if (finish !== 'refused' && typeof chunk.finish === 'string') finish = chunk.finish;
      if (!isPiece(chunk)) return null;
      lastPiece = lastChunk;
      tally.add(chunk);
      const { reasoning, logprobs } = chunk;
      const filtered = filter.push(chunk.text + calls.write(chunk.calls));
      stopped = filtered.stopped;
      return {
        kind: 'piece',
        time: lastPiece,
        text: filtered.text,
        tokens: logprobs?.length ?? null,
        ...(logprobs && { logprobs }),
        ...(reasoning !== '' && { reasoning }),
      };
    },
    /** Whether a stop string has come, so that nothing more is read. */
    stopped: () => stopped,
    /** What was held back for a stop string that did not come. */
    rest(): Piece | null {
      if (stopped) return null;
      const closing = filter.push(calls.end());
      const text = closing.stopped ? closing.text : closing.text + filter.end();
      return text === '' ? null : { kind: 'piece', time: lastPiece, text, tokens: 0, logprobs: [] };
    },
    end(): Omit<End, 'rendered' | 'retries' | 'reconnected'> {
      return {
        kind: 'end',
        time: lastChunk,
        finish: stopped ? 'stop' : finish,
        ...countsOf(usage, tally, stopped ? 'stop' : finish),
      };
    },
  };
}

/** This machine has no file, port or memory left for another connection. */
const NO_SOCKET = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM']);

/** What remains of an error when no further attempt is made. */
function finalFailure(error: unknown, { endpoint, ended }: Connection): unknown {
  if (error instanceof UserError || error instanceof ModelFailure || error instanceof ServerFailure) return error;
  const death = ended();
  if (death !== null) return new ServerFailure(`${endpoint.place}: ${death}`, { cause: error });
  // A rate limit is the account's, not the model's; so is a network that is not there.
  if (error instanceof RateLimited) {
    return new RequestFailure('rate-limit', `${error.message}; lower the rate or raise the limit`, { cause: error });
  }
  if (error instanceof NoConnection) {
    return new RequestFailure(NO_SOCKET.has(codeOf(error) ?? '') ? 'client' : 'connection', error.message, {
      cause: error,
    });
  }
  if (error instanceof Transient || error instanceof BrokenStream) {
    return new ServerFailure(error.message, { cause: error });
  }
  return error;
}

/**
 * Limits the attempt under way; the time between attempts does not count. One controller serves both reasons to stop, because
 * `AbortSignal.any` and its signals cost more than reading an answer.
 */
function deadlineOf(seconds: number, signal: AbortSignal) {
  const stop = new AbortController();
  let expired = false;
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => stop.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  return {
    signal: stop.signal,
    restart() {
      clearTimeout(timer);
      timer = setTimeout(() => {
        expired = true;
        stop.abort();
      }, seconds * 1000);
    },
    pause: () => clearTimeout(timer),
    end() {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    },
    expired: () => expired,
  };
}
