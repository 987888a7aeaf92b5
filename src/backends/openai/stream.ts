/** The stream of one attempt: from the request to chunks with their times, and to what each way of breaking off means. */
import type { ModelOf } from '../../core/definition/model.js';
import type { Generation } from '../../core/definition/suite.js';
import { describeError, UserError } from '../../core/errors.js';
import type { Prompt } from '../../core/message.js';
import { type Pace, Transient } from '../../hub/retry.js';
import { ModelFailure } from '../backend.js';
import { type Chunk, errorText, parse, readMessage } from './answer.js';
import { bodyOf, type OptionalField, pathOf, refusedField } from './body.js';
import { type Answer, type Connection, meaningOf, Refusal, readText } from './connection.js';
import { eventsOf, now, StreamTooLarge } from './events.js';

/** A server as far as it is known. */
export interface Server {
  readonly model: ModelOf<'openai'>;
  readonly connection: Connection;
  readonly pace: Pace;
  /** Optional fields that it has refused so far; it grows. */
  readonly refused: Set<OptionalField>;
}

export interface Stream {
  readonly first: StampedChunk | null;
  readonly chunks: AsyncGenerator<StampedChunk>;
}

export interface StampedChunk {
  readonly time: number;
  readonly chunk: Chunk;
}

/** Sends the request, leaving out what the server refuses to take, and reads up to the first chunk that says something. */
export async function startStream(
  { model, connection, refused }: Server,
  prompt: Prompt,
  generation: Generation,
  signal: AbortSignal,
  onSend: () => void,
): Promise<Stream> {
  const url = connection.endpoint.url(pathOf(model));
  let answer: Answer | undefined;
  while (answer === undefined) {
    try {
      onSend();
      answer = await connection.send('POST', url, bodyOf(model, prompt, generation, refused), signal);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const meaning = meaningOf(error, connection.endpoint);
      if (meaning === 'withheld') return { first: { time: now(), chunk: WITHHELD }, chunks: (async function* () {})() };
      const field =
        meaning instanceof UserError && !NOT_ABOUT_FIELDS.has(error.status) ? refusedField(error.text, refused) : null;
      if (field === null) throw meaning;
      refused.add(field);
    }
  }
  const chunks = chunksOf(answer, connection);
  try {
    const first = await chunks.next();
    return { first: first.done ? null : first.value, chunks };
  } catch (error) {
    // Nothing had been said yet, so that asking again hides nothing.
    if (error instanceof BrokenStream) throw new Transient(error.message, null, { cause: error });
    throw error;
  }
}

const NOT_ABOUT_FIELDS = new Set([401, 403, 404, 405]);
const WITHHELD: Chunk = { text: '', reasoning: '', logprobs: null, finish: 'refused', usage: null };

/** A stream that was begun and not ended. */
export class BrokenStream extends Error {}

/** The chunks of an answer up to its end; those before the first one that says something are left out. */
async function* chunksOf({ contentType, body }: Answer, { endpoint }: Connection): AsyncGenerator<StampedChunk> {
  if (!/event-stream/i.test(contentType)) {
    const text = await readText(body, 64 * 1024).catch(() => '');
    const said = endpoint.quote(errorText(parse(text) ?? text)).slice(0, 120);
    throw new UserError(
      `${endpoint.place}: expected a stream of events (text/event-stream), found ${contentType || 'no content type'} ("${said}"); check \`endpoint\`, and that the server can stream`,
    );
  }
  let begun = false;
  let finished = false;
  try {
    for await (const { time, data } of eventsOf(body)) {
      const message = readMessage(data);
      switch (message.is) {
        case 'done':
          return;
        case 'failure':
          throw new ModelFailure('server', `${endpoint.place}: the server failed: "${endpoint.quote(message.text)}"`);
        case 'nonsense':
          throw new ModelFailure(
            'server',
            `${endpoint.place}: expected a chunk of an answer in JSON, found "${endpoint.quote(message.text).slice(0, 120)}"`,
          );
        case 'chunk': {
          const { chunk } = message;
          finished ||= chunk.finish !== null;
          begun ||= chunk.text !== '' || chunk.reasoning !== '' || chunk.finish !== null || chunk.usage !== null;
          if (begun) yield { time, chunk };
        }
      }
    }
  } catch (error) {
    if (error instanceof ModelFailure) throw error;
    if (error instanceof StreamTooLarge) throw new ModelFailure('server', `${endpoint.place} sent ${error.message}`);
    throw new BrokenStream(`${endpoint.place}: the stream broke (${describeError(error)})`, { cause: error });
  }
  if (!finished) throw new BrokenStream(`${endpoint.place}: the stream ended before the answer did`);
}
