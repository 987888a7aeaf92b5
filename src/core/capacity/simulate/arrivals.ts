/**
 * The requests of a simulation: when they are due, by the generators of ../../load/schedule.ts, and how long they are. A closed loop and users
 * wait for answers, so whoever answers tells it.
 */
import type { Schedule } from '../../load/schedule.js';
import type { Lengths } from '../step/workload.js';
import { Heap } from './heap.js';

/** One request in virtual time. All times are seconds. */
export interface SimulatedRequest {
  readonly index: number;
  readonly user: number;
  readonly due: number;
  readonly prompt: number;
  /** The tokens of its answer. */
  output: number;
  /** When its first token came; negative before. */
  first: number;
}

export interface Arrivals {
  /** When the next request is due; infinity where none is to come. */
  readonly next: number;
  take(): SimulatedRequest;
  answered(request: SimulatedRequest, at: number): void;
}

export interface ArrivalOptions {
  /** The requests that are due in all. */
  readonly requests: number;
  /** Their lengths, in the order in which they are due. */
  readonly lengths: Iterator<Lengths>;
}

/** @throws RangeError when there are fewer lengths than requests. */
export function arrivalsOf(schedule: Schedule, options: ArrivalOptions): Arrivals {
  switch (schedule.kind) {
    case 'due':
      return new DueArrivals(schedule.times(), options);
    case 'closed':
      return new AnsweredArrivals(
        Array.from({ length: schedule.requests }, () => 0),
        () => 0,
        options,
      );
    case 'users': {
      const thinking = Array.from({ length: schedule.users }, (_, user) => schedule.think(user));
      const think = (user: number) => thinking[user]!.next().value as number;
      return new AnsweredArrivals(
        thinking.map((_, user) => think(user)),
        think,
        options,
      );
    }
  }
}

function requestAt(due: number, user: number, index: number, lengths: Iterator<Lengths>): SimulatedRequest {
  const { value, done } = lengths.next();
  if (done) throw new RangeError(`Expected lengths of every request, got none for request ${index}`);
  return { index, user, due, prompt: value.prompt, output: value.output, first: -1 };
}

class DueArrivals implements Arrivals {
  readonly #times: Iterator<number>;
  readonly #options: ArrivalOptions;
  #sent = 0;
  next: number;

  constructor(times: Iterator<number>, options: ArrivalOptions) {
    this.#times = times;
    this.#options = options;
    this.next = this.#following();
  }

  #following(): number {
    if (this.#sent >= this.#options.requests) return Number.POSITIVE_INFINITY;
    const { value, done } = this.#times.next();
    return done ? Number.POSITIVE_INFINITY : value;
  }

  take(): SimulatedRequest {
    const request = requestAt(this.next, 0, this.#sent++, this.#options.lengths);
    this.next = this.#following();
    return request;
  }

  answered(): void {}
}

/** Each user asks again when it has its answer and has thought. */
class AnsweredArrivals implements Arrivals {
  readonly #think: (user: number) => number;
  readonly #options: ArrivalOptions;
  readonly #due = new Heap<number>();
  #sent = 0;

  constructor(first: readonly number[], think: (user: number) => number, options: ArrivalOptions) {
    this.#think = think;
    this.#options = options;
    for (const [user, due] of first.entries()) this.#due.push(due, user);
  }

  get next(): number {
    return this.#sent >= this.#options.requests ? Number.POSITIVE_INFINITY : this.#due.least;
  }

  take(): SimulatedRequest {
    const due = this.#due.least;
    const user = this.#due.pop();
    return requestAt(due, user, this.#sent++, this.#options.lengths);
  }

  answered({ user }: SimulatedRequest, at: number): void {
    this.#due.push(at + this.#think(user), user);
  }
}
