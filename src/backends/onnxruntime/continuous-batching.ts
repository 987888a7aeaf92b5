/**
 * Continuous batching on an ONNX graph: the answers are rows of one batch, and every run computes the next token of each. A prompt
 * is read alone; the tokens that it shares with the prompt before it are not read again.
 */
import { type BatchScheduler, createBatchScheduler } from '../continuous-batching.js';
import type { TokenQueue } from '../token-queue.js';
import type { Sampler } from '../token-sampling.js';
import { bytesPerToken, copiesOfCache, type Decoder } from './decoder.js';
import { createRows } from './rows.js';

export interface TokenRequest {
  readonly prompt: readonly number[];
  readonly sample: Sampler;
  /** The answer ends after this many tokens. */
  readonly limit: number;
}

interface Answering extends TokenRequest {
  readonly queue: TokenQueue;
  last: number;
  count: number;
}

/** Bytes that the caches of all rows may take; a request that finds no room waits. */
const ROOM = 512 * 2 ** 20;

/** @param concurrency answers at once. */
export function schedulerOfRows(decoder: Decoder, concurrency: number): BatchScheduler<TokenRequest> {
  const { graph } = decoder;
  const rows = createRows(graph.cache, graph.sharedCache ? 'shared' : 'appended');
  const room = ROOM / (bytesPerToken(graph) * copiesOfCache(graph));
  /** The answers in the order of the rows. */
  const answering: Answering[] = [];
  const stopping = new AbortController();

  /** Rows are as long as the longest of them. */
  function hasRoom(needed: number): boolean {
    const longest = Math.max(needed, ...answering.map(({ prompt, limit }) => prompt.length + limit));
    return answering.length === 0 || (answering.length + 1) * longest <= room;
  }

  function take(answer: Answering, logits: Float32Array): void {
    const sampled = answer.sample(logits);
    answer.last = sampled.token;
    answer.count++;
    answer.queue.put(sampled);
  }

  const scheduler = createBatchScheduler<TokenRequest>({
    queues: () => answering.map(({ queue }) => queue),
    retire(cancelled) {
      for (let row = answering.length - 1; row >= 0; row--) {
        const { queue, count, limit } = answering[row]!;
        if (!cancelled.has(queue) && count < limit) continue;
        rows.leave(row);
        const last = answering.pop()!;
        if (row < answering.length) answering[row] = last;
      }
    },
    async admit(waiting) {
      while (waiting.length > 0 && answering.length < concurrency) {
        const { request, queue } = waiting[0]!;
        const most = request.prompt.length + request.limit;
        if (!hasRoom(most)) return;
        waiting.shift();
        try {
          const logits = await decoder.readOn(request.prompt, stopping.signal);
          const answer: Answering = { ...request, queue, last: 0, count: 0 };
          take(answer, logits);
          rows.join(decoder.cache, most);
          answering.push(answer);
        } catch (error) {
          queue.fail(error);
        }
      }
    },
    async step() {
      const tokens = answering.map(({ last }) => last);
      const logitsOf = await decoder.runner.stepRows(rows, tokens, stopping.signal);
      for (const [row, answer] of answering.entries()) take(answer, logitsOf(row, 0));
    },
  });
  return {
    ...scheduler,
    close() {
      stopping.abort(new Error('the session is closed'));
      return scheduler.close();
    },
  };
}
