/**
 * A server and a client in virtual time: a discrete-event simulation with a known law. The search of src/core/load runs against it
 * in milliseconds, and what it finds is held against the truth.
 *
 *     slots    c requests are answered at a time, first come, first served; the others wait
 *     batch    all requests of the batch get a token a step, and a step takes longer the more they are (continuous batching)
 */
import type { Condition } from '../src/core/definition/condition.js';
import { drawExponential, drawLognormal } from '../src/core/load/draws.js';
import type { ClientHealth, StepRequest } from '../src/core/load/request.js';
import { scheduleOf } from '../src/core/load/schedule.js';
import { known } from '../src/core/quantity.js';
import { createRandom, type Random, type Seed } from '../src/core/stats/basics/random.js';

export type ServerLaw =
  | { readonly kind: 'slots'; readonly slots: number; readonly service: Service }
  /** Seconds of a step: `base + each x (requests in the batch)`. A new request first takes a step of `prefill` seconds. */
  | {
      readonly kind: 'batch';
      readonly most: number;
      readonly base: number;
      readonly each: number;
      readonly prefill: number;
      readonly tokens: number;
    };

export type Service =
  | { readonly kind: 'fixed'; readonly seconds: number }
  | { readonly kind: 'exponential'; readonly mean: number }
  | { readonly kind: 'lognormal'; readonly mean: number; readonly sigma: number };

export interface VirtualStep {
  readonly condition: Condition;
  readonly seed: Seed;
  /** No request is sent after this many. */
  readonly requests: number;
  /** No request is due after this many seconds. */
  readonly seconds: number;
  /** Changes the speed of the server over time: 2 is twice as slow. */
  readonly slowness?: (at: number) => number;
}

/** A client that does nothing wrong. */
export const HEALTHY: ClientHealth = {
  loopDelay: known(0.001),
  socketWaits: 0,
  replacedConnections: 0,
  cpuSeconds: known(0),
  processes: 1,
};

export interface Pending {
  readonly id: number;
  readonly due: number;
  first: number;
  /** Tokens of the answer, and how many are still to come. */
  tokens: number;
  left: number;
}

/** Runs one step to its end: every request that was sent is answered. */
export function runVirtually(law: ServerLaw, step: VirtualStep): StepRequest[] {
  const events = new Events();
  const done: StepRequest[] = [];
  const schedule = scheduleOf(step.condition, { seed: step.seed });
  let sent = 0;
  let onAnswer: (user: number) => void = () => {};
  const userOf = new Map<number, number>();

  const server = openServer(law, {
    events,
    random: createRandom(step.seed, 'service'),
    slowness: step.slowness ?? (() => 1),
    answer({ id, due, first, tokens }) {
      const end = events.now;
      done.push(requestOf({ id, due, first, end, tokens }));
      onAnswer(userOf.get(id) ?? 0);
    },
  });
  const send = (user: number) => {
    if (sent >= step.requests || events.now > step.seconds) return;
    const id = sent++;
    userOf.set(id, user);
    server.arrive({ id, due: events.now, first: 0, tokens: 1, left: 0 });
  };

  switch (schedule.kind) {
    case 'closed':
      onAnswer = () => send(0);
      for (let i = 0; i < schedule.requests; i++) events.at(0, () => send(0));
      break;
    case 'users': {
      const thinking = Array.from({ length: schedule.users }, (_, user) => schedule.think(user));
      onAnswer = (user) => events.at(events.now + (thinking[user]!.next().value as number), () => send(user));
      for (let user = 0; user < schedule.users; user++) onAnswer(user);
      break;
    }
    case 'due': {
      const times = schedule.times();
      const next = () => {
        const { value, done: ended } = times.next();
        if (ended || sent >= step.requests || value > step.seconds) return;
        events.at(value, () => {
          send(0);
          next();
        });
      };
      next();
      break;
    }
  }
  events.run();
  return done.sort((a, b) => a.due - b.due);
}

function requestOf(answer: { id: number; due: number; first: number; end: number; tokens: number }): StepRequest {
  const { id, due, first, end, tokens } = answer;
  return {
    task: 'law/answer',
    sample: String(id),
    due,
    sent: due,
    first,
    last: end,
    end,
    promptTokens: known(10),
    outputTokens: known(tokens),
    tokensAfterFirst: tokens > 1 ? known(tokens - 1) : { missing: 'fewer than two output tokens' },
    outcome: 'completed',
  };
}

interface ServerOptions {
  readonly events: Events;
  readonly random: Random;
  readonly slowness: (at: number) => number;
  readonly answer: (request: Pending) => void;
}

export function openServer(law: ServerLaw, options: ServerOptions): { arrive(request: Pending): void } {
  switch (law.kind) {
    case 'slots':
      return slotServer(law, options);
    case 'batch':
      return batchServer(law, options);
  }
}

function slotServer(
  { slots, service }: Extract<ServerLaw, { kind: 'slots' }>,
  { events, random, slowness, answer }: ServerOptions,
) {
  const waiting = new Queue<Pending>();
  let busy = 0;
  const begin = (request: Pending) => {
    busy++;
    events.at(events.now + drawService(service, random) * slowness(events.now), () => {
      // The tokens come together, at the end.
      request.first = events.now;
      busy--;
      // Whoever waits comes before whoever asks because of this answer.
      if (waiting.length > 0) begin(waiting.take());
      answer(request);
    });
  };
  return {
    arrive(request: Pending) {
      if (busy < slots) begin(request);
      else waiting.put(request);
    },
  };
}

function batchServer(
  { most, base, each, prefill, tokens }: Extract<ServerLaw, { kind: 'batch' }>,
  { events, random, slowness, answer }: ServerOptions,
) {
  const waiting = new Queue<Pending>();
  let batch: Pending[] = [];
  let running = false;
  const step = () => {
    const joined: Pending[] = [];
    while (batch.length + joined.length < most && waiting.length > 0) joined.push(waiting.take());
    if (batch.length + joined.length === 0) {
      running = false;
      return;
    }
    running = true;
    const seconds = base + each * batch.length + prefill * joined.length;
    // A tenth of noise: no machine computes two steps in the same time.
    events.at(events.now + seconds * (0.95 + 0.1 * random.uniform()) * slowness(events.now), () => {
      for (const request of batch) request.left--;
      for (const request of joined) {
        request.first = events.now;
        request.tokens = drawTokens(tokens, random);
        request.left = request.tokens - 1;
      }
      const all = [...batch, ...joined];
      batch = all.filter(({ left }) => left > 0);
      for (const request of all) if (request.left <= 0) answer(request);
      step();
    });
  };
  return {
    arrive(request: Pending) {
      waiting.put(request);
      // An idle server begins once all that arrives at this moment is there.
      if (!running) {
        running = true;
        events.at(events.now, step);
      }
    },
  };
}

/** Lengths of answers vary: half to three halves of the mean. */
function drawTokens(mean: number, random: Random): number {
  return Math.max(1, Math.round(mean * (0.5 + random.uniform())));
}

function drawService(service: Service, random: Random): number {
  switch (service.kind) {
    case 'fixed':
      return service.seconds;
    case 'exponential':
      return drawExponential(service.mean, random);
    case 'lognormal':
      return drawLognormal(service.mean, service.sigma, random);
  }
}

/** First in, first out. `Array.shift` is slow for long queues. */
class Queue<T> {
  #items: T[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  put(item: T): void {
    this.#items.push(item);
  }

  take(): T {
    const item = this.#items[this.#head++]!;
    if (this.#head > 1_000 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}

interface Event {
  readonly at: number;
  readonly order: number;
  readonly action: () => void;
}

/** Events in order of time; those of the same time in the order in which they were added. A binary heap. */
export class Events {
  now = 0;
  readonly #heap: Event[] = [];
  #order = 0;

  at(time: number, action: () => void): void {
    const event = { at: time, order: this.#order++, action };
    const heap = this.#heap;
    let place = heap.length;
    heap.push(event);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!before(event, heap[parent]!)) break;
      heap[place] = heap[parent]!;
      place = parent;
    }
    heap[place] = event;
  }

  run(): void {
    while (this.next < Number.POSITIVE_INFINITY) this.#happen();
  }

  /** The time of the next event; infinite where there is none. */
  get next(): number {
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  /** Runs the events up to a time, which is now then. */
  runUntil(time: number): void {
    while (this.next <= time) this.#happen();
    this.now = time;
  }

  #happen(): void {
    const event = this.#take()!;
    this.now = event.at;
    event.action();
  }

  #take(): Event | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = last;
    return first;
  }
}

function before(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
