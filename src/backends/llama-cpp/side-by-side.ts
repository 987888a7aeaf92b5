/**
 * Several answers at once in one context. Each step computes one batch of whatever there is: the next token of every answer
 * under way, and prompts that came meanwhile. Weights are read from memory once for all of them, which is most of the work.
 *
 *     sequence 0   Route the ticket to … Q: My parcel     what the prompt read last began with, and the next begins with too
 *     sequence 1   Route the ticket to … Q: My parcel is late … A: delivery
 *     sequence 2   Route the ticket to … Q: I was billed twice … A: bill
 *                  |<---- computed once --->|
 */
import type { Generation } from '../../core/definition/suite.js';
import { type Crowd, createCrowd, type Waiting } from '../crowd.js';
import type { Inbox } from '../inbox.js';
import type { Engine, Sampler, Span } from './engine.js';

export type SideBySide = Crowd<TokenRequest>;

export interface TokenRequest {
  readonly prompt: readonly number[];
  readonly sampling: Pick<Generation, 'temperature' | 'topP' | 'seed'>;
  /** The most tokens that will be asked for. */
  readonly limit: number;
}

export interface SideBySideOptions {
  /** Answers at once; the engine has a sequence more. */
  readonly concurrency: number;
  /** Tokens that all sequences hold together; what they share counts once. */
  readonly room: number;
  /** Whether a sequence can be copied up to a position; where it cannot, every prompt is read whole. */
  readonly divisible: boolean;
}

const HELD = 0;
/** A shared beginning shorter than this is not worth the room. */
const WORTH_SHARING = 8;

/** A request under way, in a sequence of its own. */
interface Answering extends TokenRequest {
  readonly sequence: number;
  readonly sampler: Sampler;
  readonly inbox: Inbox;
  /** Tokens at its beginning that others hold too, and that take no room of its own. */
  shared: number;
  /** Tokens that the sequence holds. */
  held: number;
  /** Tokens to compute next: what remains of the prompt, or the last token. */
  next: readonly number[];
  sampled: number;
}

export function createSideBySide(engine: Engine, { concurrency, room, divisible }: SideBySideOptions): SideBySide {
  const answering = new Set<Answering>();
  const free = Array.from({ length: concurrency }, (_, i) => i + 1);
  /** The tokens of sequence 0. */
  let held: readonly number[] = [];

  function dismiss(left: ReadonlySet<Inbox>): void {
    for (const one of answering) {
      if (!left.has(one.inbox) && one.sampled < one.limit) continue;
      answering.delete(one);
      one.sampler.close();
      engine.forget(one.sequence, 0);
      free.push(one.sequence);
    }
  }

  async function admit(waiting: Waiting<TokenRequest>[]): Promise<void> {
    while (waiting.length > 0 && free.length > 0) {
      const { request, inbox } = waiting[0]!;
      const { prompt, limit } = request;
      const known = divisible ? sharedLength(prompt, held) : 0;
      const shared = known < WORTH_SHARING ? 0 : known;
      if (divisible && couldShareMore(prompt, shared)) return;
      if (taken() + prompt.length - shared + limit > room) {
        if (answering.size > 0) return;
        // What is held of the last prompt is in the way of one that needs all the room.
        if (held.length > 0) {
          forgetHeld();
          continue;
        }
      }
      waiting.shift();
      const sequence = free.pop()!;
      engine.forget(sequence, 0);
      if (shared > 0) await engine.copy(HELD, sequence, shared);
      const sampler = engine.sampler(request.sampling);
      answering.add({
        ...request,
        sequence,
        sampler,
        inbox,
        shared,
        held: shared,
        next: prompt.slice(shared),
        sampled: 0,
      });
    }
  }

  /** Room that is taken, or will be when every answer has become as long as it may. */
  function taken(): number {
    let total = held.length;
    for (const { prompt, shared, limit } of answering) total += prompt.length - shared + limit;
    return total;
  }

  /** Whether a prompt being read now begins with more of this one: it is worth waiting for. */
  function couldShareMore(prompt: readonly number[], shared: number): boolean {
    for (const other of answering) {
      if (other.held < other.prompt.length && sharedLength(prompt, other.prompt) >= shared + WORTH_SHARING) return true;
    }
    return false;
  }

  /** A prompt that was just read is what the next is compared with. */
  async function hold({ prompt, sequence }: Answering): Promise<void> {
    const common = sharedLength(prompt, held);
    for (const other of answering) other.shared = Math.min(other.shared, common);
    await engine.copy(sequence, HELD, prompt.length);
    held = prompt;
  }

  function forgetHeld(): void {
    engine.forget(HELD, 0);
    held = [];
  }

  /** As much as fits a batch: answers before prompts, so that nobody who is being answered waits. */
  function nextBatch(): { readonly one: Answering; readonly span: Span }[] {
    let room = engine.batchSize;
    const batch: { readonly one: Answering; readonly span: Span }[] = [];
    for (const one of [...answering].sort((a, b) => a.next.length - b.next.length)) {
      const tokens = one.next.slice(0, room);
      if (tokens.length === 0) break;
      room -= tokens.length;
      const logits = tokens.length === one.next.length ? 'last' : 'none';
      batch.push({ one, span: { sequence: one.sequence, position: one.held, tokens, logits } });
    }
    return batch;
  }

  async function step(): Promise<void> {
    const batch = nextBatch();
    const places = await engine.decode(batch.map(({ span }) => span));
    for (const [i, { one, span }] of batch.entries()) {
      one.held += span.tokens.length;
      one.next = one.next.slice(span.tokens.length);
      if (one.next.length > 0) continue;
      if (divisible && one.held === one.prompt.length) await hold(one);
      const sampled = await one.sampler.sample(places[i]![0]!);
      one.sampled++;
      one.next = [sampled.token];
      one.inbox.put(sampled);
    }
  }

  return createCrowd({
    inboxes: () => Array.from(answering, ({ inbox }) => inbox),
    dismiss,
    admit,
    async step() {
      try {
        await step();
      } catch (error) {
        forgetHeld();
        throw error;
      }
    },
  });
}

/** The last token of a prompt is computed in any case, for its logits are wanted. */
function sharedLength(prompt: readonly number[], other: readonly number[]): number {
  let length = 0;
  while (length < prompt.length - 1 && prompt[length] === other[length]) length++;
  return length;
}
