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
import { type End, type GenerationEvent, ModelFailure, RequestFailure, ServerFailure } from '../backend.js';
import { PLAIN } from '../chat-template.js';
import { createStopFilter } from '../stop.js';
import { type Chunk, isPiece } from './answer.js';
import { type Connection, codeOf, NoConnection, RateLimited, StaleConnection } from './connection.js';
import { countsOf, createTally } from './counts.js';
import { createCallWriter } from './delta.js';
import { now } from './events.js';
import { BrokenStream, type Server, type StampedChunk, type Stream, startStream } from './stream.js';

/** What the server computes before it answers is its own; rendering a chat is one of these things. */
const UNSEEN_TEMPLATE = { missing: 'the server applies the chat template, unseen' };

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
      stream = await persist({ ...server.pace, patience }, signal, attempt, () => deadline.clear());
    }
    const shift = under === 'load' ? 0 : sent - begun;
    const again = attempts > 1 ? againOf(under, { count: attempts - 1, waited: shift }) : {};
    const rendered = model.api === 'chat' ? UNSEEN_TEMPLATE : { value: PLAIN.render(prompt) };
    for await (const event of readAnswer(stream, generation)) {
      // What has arrived is not handed out any more once the signal is aborted.
      deadline.signal.throwIfAborted();
      const time = event.time - shift;
      yield event.kind === 'piece' ? { ...event, time } : { ...event, time, rendered, ...again };
    }
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
    deadline.clear();
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

type Heard = Exclude<GenerationEvent, End> | Omit<End, 'rendered' | 'retries' | 'reconnected'>;

async function* readAnswer({ first, chunks }: Stream, { stop }: Generation): AsyncGenerator<Heard> {
  const filter = createStopFilter(stop);
  const calls = createCallWriter();
  const tally = createTally(stop);
  let usage: Chunk['usage'] = null;
  let finish: End['finish'] = 'stop';
  let lastPiece = now();
  let lastChunk = lastPiece;

  for await (const { chunk, time } of withFirst(first, chunks)) {
    lastChunk = time;
    usage = chunk.usage ?? usage;
    // A refusal in words is followed by an ordinary end.
    if (finish !== 'refused' && typeof chunk.finish === 'string') finish = chunk.finish;
    if (!isPiece(chunk)) continue;
    lastPiece = time;
    tally.add(chunk);
    const { reasoning, logprobs } = chunk;
    const { text, stopped } = filter.push(chunk.text + (chunk.call === null ? '' : calls.write(chunk.call)));
    const tokens = logprobs?.length ?? null;
    yield { kind: 'piece', time, text, tokens, ...(logprobs && { logprobs }), ...(reasoning !== '' && { reasoning }) };
    if (stopped) {
      yield { kind: 'end', time, finish: 'stop', ...countsOf(usage, tally, 'stop') };
      return;
    }
  }
  const closing = filter.push(calls.end());
  const rest = closing.stopped ? closing.text : closing.text + filter.end();
  if (rest !== '') yield { kind: 'piece', time: lastPiece, text: rest, tokens: 0, logprobs: [] };
  yield { kind: 'end', time: lastChunk, finish, ...countsOf(usage, tally, finish) };
}

async function* withFirst(
  first: StampedChunk | null,
  rest: AsyncGenerator<StampedChunk>,
): AsyncGenerator<StampedChunk> {
  if (first !== null) yield first;
  yield* rest;
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

/** Limits the attempt under way; what is spent between attempts does not count. */
function deadlineOf(seconds: number, signal: AbortSignal) {
  const expiry = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  return {
    signal: AbortSignal.any([signal, expiry.signal]),
    restart() {
      clearTimeout(timer);
      timer = setTimeout(() => expiry.abort(), seconds * 1000);
    },
    clear: () => clearTimeout(timer),
    expired: () => expiry.signal.aborted,
  };
}
