/**
 * Continuous batching (Yu et al. 2022, "Orca"): every step computes the next token of each answer under way, and a request joins
 * as soon as another has left. The queue of requests is the same for every engine and stands here; the engine computes a step.
 *
 * Each answer has the times of its own tokens, stamped as they are sampled. They say how long a request takes among others, not how
 * fast the model is for one.
 */
import { setImmediate } from 'node:timers/promises';
import { createTokenQueue, type TokenQueue, type TokenStream } from './token-queue.js';

export interface BatchScheduler<Request> {
  /** Begins an answer, which goes on until it reaches its limit or its stream is cancelled. */
  submit(request: Request): TokenStream;
  /** Waits until no answer is under way. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

export interface Waiting<Request> {
  readonly request: Request;
  readonly queue: TokenQueue;
}

/** What an engine does for the scheduler. Calls never overlap, and only they touch the engine's state. */
export interface BatchEngine<Request> {
  /** The queues of the answers under way. */
  queues(): readonly TokenQueue[];
  /** Ends the answers that reached their limit, and those whose stream was cancelled. */
  retire(cancelled: ReadonlySet<TokenQueue>): void;
  /** Takes requests from the head of the list while there is room for them, and begins their answers. */
  admit(waiting: Waiting<Request>[]): Promise<void>;
  /** Computes a token of each answer. If it throws, all answers under way fail. */
  step(): Promise<void>;
}

export function createBatchScheduler<Request>(engine: BatchEngine<Request>): BatchScheduler<Request> {
  const waiting: Waiting<Request>[] = [];
  const cancelled = new Set<TokenQueue>();
  let running: Promise<void> | null = null;
  let closed = false;

  function failAll(error: unknown): void {
    for (const queue of engine.queues()) {
      queue.fail(error);
      cancelled.add(queue);
    }
  }

  async function run(): Promise<void> {
    for (;;) {
      // A reader that has all it wants cancels before the next step computes one token more.
      await setImmediate();
      engine.retire(cancelled);
      cancelled.clear();
      await engine.admit(waiting);
      if (engine.queues().length === 0) break;
      try {
        await engine.step();
      } catch (error) {
        failAll(error);
      }
    }
    running = null;
  }

  return {
    submit(request) {
      if (closed) throw new Error('the session is closed');
      const queue = createTokenQueue();
      const entry = { request, queue };
      waiting.push(entry);
      running ??= run();
      return {
        next: queue.take,
        cancel() {
          const place = waiting.indexOf(entry);
          if (place >= 0) waiting.splice(place, 1);
          else cancelled.add(queue);
        },
      };
    },
    idle: async () => void (await running),
    async close() {
      closed = true;
      const ended = new Error('the session is closed');
      for (const { queue } of waiting.splice(0)) queue.fail(ended);
      failAll(ended);
      await running;
    },
  };
}
