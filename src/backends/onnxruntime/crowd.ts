/**
 * Several answers at once on one graph, as rows of one batch: every run computes the next token of each. A prompt is read alone,
 * on top of what it begins with and the one before it began with too.
 */
import { type Crowd, createCrowd } from '../crowd.js';
import type { Inbox } from '../inbox.js';
import type { Sampler } from '../sampling.js';
import { bytesPerToken, copiesOfCache, type Decoder } from './decoder.js';
import { createRows } from './rows.js';

export interface TokenRequest {
  readonly prompt: readonly number[];
  readonly sample: Sampler;
  /** The most tokens that will be asked for. */
  readonly limit: number;
}

interface Answering extends TokenRequest {
  readonly inbox: Inbox;
  last: number;
  count: number;
}

/** What the caches of all rows may take, bytes; an answer that finds no room waits. */
const ROOM = 512 * 2 ** 20;

/** @param concurrency answers at once. */
export function crowdOfRows(decoder: Decoder, concurrency: number): Crowd<TokenRequest> {
  const { graph } = decoder;
  const rows = createRows(graph.cache, graph.sharedCache ? 'shared' : 'appended');
  const room = ROOM / (bytesPerToken(graph) * copiesOfCache(graph));
  /** In the order of the rows. */
  const answering: Answering[] = [];
  const stopping = new AbortController();

  /** Rows are as long as the longest of them. */
  function hasRoom(needed: number): boolean {
    const longest = Math.max(needed, ...answering.map(({ prompt, limit }) => prompt.length + limit));
    return answering.length === 0 || (answering.length + 1) * longest <= room;
  }

  function take(one: Answering, logits: Float32Array): void {
    const sampled = one.sample(logits);
    one.last = sampled.token;
    one.count++;
    one.inbox.put(sampled);
  }

  const crowd = createCrowd<TokenRequest>({
    inboxes: () => answering.map(({ inbox }) => inbox),
    dismiss(left) {
      for (let row = answering.length - 1; row >= 0; row--) {
        const { inbox, count, limit } = answering[row]!;
        if (!left.has(inbox) && count < limit) continue;
        rows.leave(row);
        const last = answering.pop()!;
        if (row < answering.length) answering[row] = last;
      }
    },
    async admit(waiting) {
      while (waiting.length > 0 && answering.length < concurrency) {
        const { request, inbox } = waiting[0]!;
        const most = request.prompt.length + request.limit;
        if (!hasRoom(most)) return;
        waiting.shift();
        try {
          const logits = await decoder.readOn(request.prompt, stopping.signal);
          const one: Answering = { ...request, inbox, last: 0, count: 0 };
          take(one, logits);
          rows.join(decoder.cache, most);
          answering.push(one);
        } catch (error) {
          inbox.fail(error);
        }
      }
    },
    async step() {
      const tokens = answering.map(({ last }) => last);
      const logitsOf = await decoder.runner.stepRows(rows, tokens, stopping.signal);
      for (const [row, one] of answering.entries()) take(one, logitsOf(row, 0));
    },
  });
  return {
    ...crowd,
    close() {
      stopping.abort(new Error('the session is closed'));
      return crowd.close();
    },
  };
}
