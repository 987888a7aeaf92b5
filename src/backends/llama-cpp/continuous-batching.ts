/**
 * Continuous batching in one llama.cpp context. Each step computes one batch: the next token of every answer under way, and the
 * prompts that came meanwhile. The weights are read from memory once for all of them, which is most of the work.
 *
 *     sequence 0   Route the ticket to … Q: My parcel     the last prompt: the next one often begins with the same tokens
 *     sequence 1   Route the ticket to … Q: My parcel is late … A: delivery
 *     sequence 2   Route the ticket to … Q: I was billed twice … A: bill
 *                  |<---- computed once --->|
 */
import type { Generation } from '../../core/definition/suite.js';
import { type BatchScheduler, createBatchScheduler, type Waiting } from '../continuous-batching.js';
import type { TokenQueue } from '../token-queue.js';
import type { Engine, Sampler, Span } from './engine.js';

export interface TokenRequest {
  readonly prompt: readonly number[];
  readonly sampling: Pick<Generation, 'temperature' | 'topP' | 'seed'>;
  /** The answer ends after this many tokens. */
  readonly limit: number;
}

export interface SequenceLimits {
  /** Answers at once; the engine has a sequence more. */
  readonly concurrency: number;
  /** Tokens that all sequences may hold together; a shared token counts once. */
  readonly room: number;
  /** Whether a sequence can be copied up to a position; where it cannot, every prompt is read whole. */
  readonly divisible: boolean;
}

const HELD = 0;
/** Tokens; a shorter common beginning is not shared. */
const WORTH_SHARING = 8;

/** A request under way, in a sequence of its own. */
interface Answering extends TokenRequest {
  readonly sequence: number;
  readonly sampler: Sampler;
  readonly queue: TokenQueue;
  /** Tokens at its beginning that another sequence holds too; they take no room. */
  shared: number;
  /** Tokens that the sequence holds. */
  held: number;
  /** Tokens to compute next: what remains of the prompt, or the last token. */
  next: readonly number[];
  sampled: number;
}

/** Each answer is a sequence of the llama.cpp context. */
export function schedulerOfSequences(
  engine: Engine,
  { concurrency, room, divisible }: SequenceLimits,
): BatchScheduler<TokenRequest> {
  const answering = new Set<Answering>();
  const free = Array.from({ length: concurrency }, (_, i) => i + 1);
  /** The tokens of sequence 0. */
  let held: readonly number[] = [];

  function retire(cancelled: ReadonlySet<TokenQueue>): void {
    for (const answer of answering) {
      if (!cancelled.has(answer.queue) && answer.sampled < answer.limit) continue;
      answering.delete(answer);
      answer.sampler.close();
      engine.forget(answer.sequence, 0);
      free.push(answer.sequence);
    }
  }

  async function admit(waiting: Waiting<TokenRequest>[]): Promise<void> {
    while (waiting.length > 0 && free.length > 0) {
      const { request, queue } = waiting[0]!;
      const { prompt, limit } = request;
      const known = divisible ? sharedLength(prompt, held) : 0;
      const shared = known < WORTH_SHARING ? 0 : known;
      if (divisible && couldShareMore(prompt, shared)) return;
      if (taken() + prompt.length - shared + limit > room) {
        if (answering.size > 0) return;
        // The last prompt takes room that this request needs.
        if (held.length > 0) {
          forgetHeld();
          continue;
        }
      }
      waiting.shift();
      const sequence = free.pop()!;
      engine.forget(sequence, 0);
      if (shared > 0) engine.copy(HELD, sequence, shared);
      const sampler = engine.sampler(request.sampling);
      answering.add({
        ...request,
        sequence,
        sampler,
        queue,
        shared,
        held: shared,
        next: prompt.slice(shared),
        sampled: 0,
      });
    }
  }

  /** The room that all answers take once they reach their limits. */
  function taken(): number {
    let total = held.length;
    for (const { prompt, shared, limit } of answering) total += prompt.length - shared + limit;
    return total;
  }

  /** Whether a prompt that is being read shares more with this one than the held prompt does. Then this one waits for it. */
  function couldShareMore(prompt: readonly number[], shared: number): boolean {
    for (const other of answering) {
      if (other.held < other.prompt.length && sharedLength(prompt, other.prompt) >= shared + WORTH_SHARING) return true;
    }
    return false;
  }

  /** Keeps the prompt that was just read, for the next one to begin with. */
  function hold({ prompt, sequence }: Answering): void {
    const common = sharedLength(prompt, held);
    for (const other of answering) other.shared = Math.min(other.shared, common);
    engine.copy(sequence, HELD, prompt.length);
    held = prompt;
  }

  function forgetHeld(): void {
    engine.forget(HELD, 0);
    held = [];
  }

  /** Fills a batch. Answers come before prompts, so that a long prompt holds no answer up. */
  function nextBatch(): { readonly answer: Answering; readonly span: Span }[] {
    let room = engine.batchSize;
    const batch: { readonly answer: Answering; readonly span: Span }[] = [];
    for (const answer of [...answering].sort((a, b) => a.next.length - b.next.length)) {
      const tokens = answer.next.slice(0, room);
      if (tokens.length === 0) break;
      room -= tokens.length;
      const logits = tokens.length === answer.next.length ? 'last' : 'none';
      batch.push({ answer, span: { sequence: answer.sequence, position: answer.held, tokens, logits } });
    }
    return batch;
  }

  async function step(): Promise<void> {
    const batch = nextBatch();
    const places = await engine.decode(batch.map(({ span }) => span));
    for (const [i, { answer, span }] of batch.entries()) {
      answer.held += span.tokens.length;
      answer.next = answer.next.slice(span.tokens.length);
      if (answer.next.length > 0) continue;
      if (divisible && answer.held === answer.prompt.length) hold(answer);
      const sampled = answer.sampler.sample(places[i]![0]!);
      answer.sampled++;
      answer.next = [sampled.token];
      answer.queue.put(sampled);
    }
  }

  return createBatchScheduler({
    queues: () => Array.from(answering, ({ queue }) => queue),
    retire,
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

/** The last token of a prompt is never shared: its logits predict the answer. */
function sharedLength(prompt: readonly number[], other: readonly number[]): number {
  let length = 0;
  while (length < prompt.length - 1 && prompt[length] === other[length]) length++;
  return length;
}
