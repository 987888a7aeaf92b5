/** The stream of one attempt: from the request to chunks with their times, and to what each way of breaking off means. */
import type { ModelOf } from '../../core/definition/model.js';
import type { Generation } from '../../core/definition/suite.js';
import { describeError, UserError } from '../../core/errors.js';
import type { Prompt } from '../../core/message.js';
import { type Pace, Transient } from '../../hub/retry.js';
import { ServerFailure } from '../backend.js';
import { type Chunk, readMessage, saysSomething } from './answer.js';
import { now, readText } from './arriving.js';
import { bodyOf, type Habits, type OptionalField, pathOf, refusedField, serverStops } from './body.js';
import { type Answer, type Connection, meaningOf, Refusal } from './connection.js';
import { unpacked } from './decoding.js';
import { eventsOf, type StampedEvent, StreamTooLarge } from './events.js';
import { parse } from './json.js';
import type { MannerFields } from './manner.js';
import { roomIn } from './room.js';
import { complaintIn, errorOf, type ServerError } from './server-error.js';
import { kindOf } from './sniff.js';
import { hasSystemMessage, refusesSystemMessage } from './system-message.js';

/** A server as far as it is known. */
export interface Server {
  readonly model: ModelOf<'openai'>;
  readonly connection: Connection;
  readonly pace: Pace;
  /** A load test asks nothing twice. */
  readonly under: 'load' | 'trials';
  /** What each request asks beside its answer. */
  readonly asked?: MannerFields;
  /** What it was found not to take so far. */
  readonly habits: Habits;
}

export interface Stream {
  /** The first that arrived together; none where the answer says nothing. */
  readonly first: readonly StampedChunk[];
  /** The others, never an empty list. */
  readonly chunks: AsyncGenerator<readonly StampedChunk[]>;
}

export interface StampedChunk {
  readonly time: number;
  readonly chunk: Chunk;
}

/**
 * Sends the request, without what the server refuses to take, and reads up to the first chunk that says something. A
 * refusal means the same as a status, as a body under a status of 200, and as the first event of a stream.
 */
export async function startStream(
  { model, connection, habits, under, asked = () => ({}) }: Server,
  prompt: Prompt,
  generation: Generation,
  signal: AbortSignal,
  onSend: () => void,
): Promise<Stream> {
  const url = connection.endpoint.url(pathOf(model));
  let { maxTokens } = generation;
  /** The refusal for which the system message was put elsewhere, until that is seen to help. */
  let folded: Refusal | null = null;
  for (;;) {
    try {
      onSend();
      const body = { ...bodyOf(model, prompt, { ...generation, maxTokens }, habits), ...asked(maxTokens) };
      const chunks = chunksOf(await connection.send('POST', url, body, signal), {
        endpoint: connection.endpoint,
        // A stop string that the server does not look for is found here, and ends the answer.
        parsed: under === 'load' && serverStops(model, generation, habits) ? 'at end' : 'soon',
      });
      const first = await chunks.next();
      return { first: first.done ? [] : first.value, chunks };
    } catch (error) {
      // Nothing had been said yet, so that asking again hides nothing.
      if (error instanceof BrokenStream) throw new Transient(error.message, null, { cause: error });
      if (!(error instanceof Refusal)) throw error;
      const room = roomIn(error.text, maxTokens);
      if (room !== null) {
        maxTokens = room;
        continue;
      }
      const field = fieldRefused(error, habits);
      if (field !== null) {
        habits.refused.add(field);
        continue;
      }
      if (habits.system === 'own' && hasSystemMessage(prompt) && refusesSystemMessage(error.status, error.text)) {
        habits.system = 'in-question';
        folded = error;
        continue;
      }
      if (folded !== null) habits.system = 'own';
      const meaning = meaningOf(folded ?? error, connection.endpoint);
      if (meaning === 'withheld')
        return { first: [{ time: now(), chunk: WITHHELD }], chunks: (async function* () {})() };
      throw meaning;
    }
  }
}

function fieldRefused({ status, text }: Refusal, { refused }: Habits): OptionalField | null {
  return status === 400 || status === 422 ? refusedField(text, refused) : null;
}

const WITHHELD: Chunk = {
  text: '',
  reasoning: '',
  calls: [],
  refused: true,
  logprobs: null,
  finish: 'refused',
  usage: null,
};

/** What the server says when it fails in the middle of an answer. */
class InTheMiddle extends Error {
  constructor(readonly meaning: Error) {
    super(meaning.message);
  }
}

/** A stream that was begun and not ended. */
export class BrokenStream extends Error {}

const LONGEST_REFUSAL = 64 * 1024;

/**
 * The chunks of an answer up to its end; those before the first one that says something are left out.
 *
 * @throws Refusal for an error that the server reports before the first chunk, and what it means for one after.
 */
async function* chunksOf(
  answer: Answer,
  { endpoint, parsed }: Pick<Connection, 'endpoint'> & { readonly parsed: 'soon' | 'at end' },
): AsyncGenerator<readonly StampedChunk[]> {
  const { contentType } = answer;
  const { body, beginning } = await unpacked(answer.body);
  if (kindOf(beginning, contentType) === 'other') throw await refusalIn(body, contentType, endpoint);
  let begun = false;
  let finished = false;
  let over = false;
  let nonsense: string | null = null;
  /** The names of events that are not chunks. Other protocols name their events. */
  const names = new Set<string>();
  let complaint: ServerError | null = null;

  /** The chunk that an event is, if it says something. Sets `over` at the end of the answer. */
  const chunkIn = (event: StampedEvent): Chunk | null => {
    const message = readMessage(event);
    switch (message.is) {
      case 'done':
      case 'failure': {
        if (message.is === 'done' && !begun && nonsense !== null) throw notAChunk(nonsense, endpoint);
        const error = message.is === 'failure' ? message.error : finished ? null : complaint;
        if (error === null) {
          if (!begun) throw new BrokenStream(`${endpoint.place}: the stream ended without an answer`);
          over = true;
          return null;
        }
        const failure = failureOf(error, begun, endpoint);
        if (failure !== 'withheld') throw failure;
        over = true;
        return WITHHELD;
      }
      case 'aside':
        complaint = message.complaint ?? complaint;
        if (event.name !== null && names.size < SHOWN_NAMES) names.add(event.name);
        return null;
      case 'nonsense':
        // What begins like a chunk was one, and a piece of the answer is lost with it.
        if (message.text.startsWith('{')) throw notAChunk(message.text, endpoint);
        nonsense ??= message.text;
        return null;
      case 'chunk': {
        const { chunk } = message;
        if (isUnknown(chunk.finish)) throw endedBadly(chunk.finish.unknown, endpoint);
        finished ||= chunk.finish !== null;
        begun ||= saysSomething(chunk);
        return begun ? chunk : null;
      }
    }
  };

  try {
    for await (const events of eventsOf(body, parsed)) {
      const chunks: StampedChunk[] = [];
      let failed: { readonly error: unknown } | null = null;
      for (const event of events) {
        try {
          const chunk = chunkIn(event);
          if (chunk !== null) chunks.push({ time: event.time, chunk });
        } catch (error) {
          failed = { error };
        }
        if (over || failed !== null) break;
      }
      // What came before an end counts, however it ended.
      if (chunks.length > 0) yield chunks;
      if (failed !== null) throw failed.error;
      if (over) return;
    }
  } catch (error) {
    if (error instanceof InTheMiddle) throw error.meaning;
    if (error instanceof ServerFailure || error instanceof Refusal || error instanceof BrokenStream) throw error;
    if (error instanceof StreamTooLarge) throw new ServerFailure(`${endpoint.place} sent ${error.message}`);
    throw new BrokenStream(`${endpoint.place}: the stream broke (${describeError(error)})`, { cause: error });
  }
  if (!finished && nonsense !== null) throw notAChunk(nonsense, endpoint);
  if (!begun && complaint !== null) throw refusalOf(complaint, endpoint);
  if (!finished)
    throw new BrokenStream(
      `${endpoint.place}: the stream ended before the answer did${begun ? '' : otherNames(names, endpoint)}`,
    );
}

const SHOWN_NAMES = 3;

function otherNames(names: ReadonlySet<string>, endpoint: Connection['endpoint']): string {
  if (names.size === 0) return '';
  const shown = [...names].map((name) => `"${endpoint.quote(name).slice(0, 40)}"`).join(', ');
  return `; it has events named ${shown}, which are no chunks of this protocol: check \`endpoint\` and \`api\``;
}

function refusalOf({ status, text, retryAfter }: ServerError, endpoint: Connection['endpoint']): Refusal {
  return new Refusal(status, endpoint.quote(text), retryAfter);
}

/** What the server says when it fails: before the first chunk as a status would say it; a filter withholds the rest of an answer, all else has broken it. */
function failureOf(error: ServerError, begun: boolean, endpoint: Connection['endpoint']): Error | 'withheld' {
  const refusal = refusalOf(error, endpoint);
  if (!begun) return refusal;
  const meaning = meaningOf(refusal, endpoint, 'broke off its answer with an error');
  return meaning === 'withheld' ? meaning : new InTheMiddle(meaning);
}

function isUnknown(finish: Chunk['finish']): finish is { readonly unknown: string } {
  return typeof finish === 'object' && finish !== null;
}

function notAChunk(text: string, endpoint: Connection['endpoint']): ServerFailure {
  const found = endpoint.quote(text).slice(0, 120);
  return new ServerFailure(`${endpoint.place}: expected a chunk of an answer in JSON, found "${found}"`);
}

function endedBadly(word: string, endpoint: Connection['endpoint']): BrokenStream {
  const found = endpoint.quote(word).slice(0, 60);
  return new BrokenStream(
    `${endpoint.place}: the server ended its answer with "${found}", which is no end that is known (stop, length, content_filter …)`,
  );
}

function foundAs(contentType: string): string {
  if (contentType === '') return 'no content type';
  return /event-stream/i.test(contentType) ? 'under that name something else' : contentType;
}

/** A body that is no stream of events: an error under a status of 200, or something that nobody asked for. */
async function refusalIn(
  body: Answer['body'],
  contentType: string,
  endpoint: Connection['endpoint'],
): Promise<Refusal | UserError> {
  const text = await readText(body, LONGEST_REFUSAL).catch(() => '');
  const json = parse(text);
  const error = errorOf(json, 'message') ?? complaintIn(json);
  if (error !== null) return new Refusal(error.status, endpoint.quote(error.text), error.retryAfter);
  const found = endpoint.quote(text).slice(0, 120);
  return new UserError(
    `${endpoint.place}: expected a stream of events (text/event-stream), found ${foundAs(contentType)} ("${found}"); ` +
      'check `endpoint`, and that the server can stream',
  );
}
