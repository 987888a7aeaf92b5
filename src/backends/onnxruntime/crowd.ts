/**
 * Several answers at once on one graph (continuous batching; Yu et al. 2022, "Orca"): every run computes the next token of each,
 * and a new one joins as soon as another has left. A prompt is read alone, on top of what it begins with and the one before
 * it began with too.
 *
 * A token's time here says how long a crowd of requests takes, not what the model can do for one.
 */
import { setImmediate } from 'node:timers/promises';
import { type Asked, createInbox, type Inbox } from '../inbox.js';
import { logProbability, type Sampler } from '../sampling.js';
import { bytesPerToken, type Decoder } from './decoder.js';
import { createRows } from './rows.js';

export interface Crowd {
  /** Begins an answer, which goes on until it is as long as it may be or whoever asked leaves. */
  ask(request: TokenRequest): Asked;
  /** Waits until no answer is under way. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

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
export function createCrowd(decoder: Decoder, concurrency: number): Crowd {
  const { graph } = decoder;
  const rows = createRows(graph.cache, graph.sharedCache ? 'shared' : 'appended');
  // What is appended to has a second copy, which the next run writes.
  const room = ROOM / (bytesPerToken(graph) * (graph.sharedCache ? 1 : 2));
  const waiting: { readonly request: TokenRequest; readonly inbox: Inbox }[] = [];
  /** In the order of the rows. */
  const answering: Answering[] = [];
  /** Inboxes that nobody reads any more. A row is only touched between two runs. */
  const left = new Set<Inbox>();
  const stopping = new AbortController();
  let running: Promise<void> | null = null;

  function dismiss(): void {
    for (let row = answering.length - 1; row >= 0; row--) {
      const { inbox, count, limit } = answering[row]!;
      if (!left.has(inbox) && count < limit) continue;
      rows.leave(row);
      const last = answering.pop()!;
      if (row < answering.length) answering[row] = last;
    }
    left.clear();
  }

  /** Rows are as long as the longest of them. */
  function hasRoom(needed: number): boolean {
    const longest = Math.max(needed, ...answering.map(({ prompt, limit }) => prompt.length + limit));
    return answering.length === 0 || (answering.length + 1) * longest <= room;
  }

  async function admit(): Promise<void> {
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
  }

  function take(one: Answering, logits: Float32Array): void {
    one.last = one.sample(logits);
    one.count++;
    one.inbox.put({ token: one.last, logprob: logProbability(logits, one.last) });
  }

  async function step(): Promise<void> {
    const tokens = answering.map(({ last }) => last);
    const logitsOf = await decoder.runner.stepRows(rows, tokens, stopping.signal);
    for (const [row, one] of answering.entries()) take(one, logitsOf(row, 0));
  }

  async function run(): Promise<void> {
    for (;;) {
      // Whoever has read its last token says so before the next step computes one more.
      await setImmediate();
      dismiss();
      await admit();
      if (answering.length === 0) break;
      try {
        await step();
      } catch (error) {
        for (const { inbox } of answering) {
          inbox.fail(error);
          left.add(inbox);
        }
      }
    }
    running = null;
  }

  return {
    ask(request) {
      if (stopping.signal.aborted) throw new Error('the session is closed');
      const inbox = createInbox();
      const entry = { request, inbox };
      waiting.push(entry);
      running ??= run();
      return {
        next: inbox.take,
        leave() {
          const place = waiting.indexOf(entry);
          if (place >= 0) waiting.splice(place, 1);
          else left.add(inbox);
        },
      };
    },
    idle: async () => void (await running),
    async close() {
      const ended = new Error('the session is closed');
      stopping.abort(ended);
      for (const { inbox } of waiting.splice(0)) inbox.fail(ended);
      for (const { inbox } of answering) {
        inbox.fail(ended);
        left.add(inbox);
      }
      await running;
    },
  };
}
