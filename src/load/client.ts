/**
 * The client of a step: it sends requests as a schedule says, until it is told to finish or has no more.
 *
 *     closed, users    each user thinks, asks, waits for the answer, and begins again
 *     due              each request has a time of its own, whatever becomes of the others
 *
 * A request counts from the moment when it was due. A client that is late, or a ceiling that holds a request back, makes its latency
 * longer and never moves a later request.
 */
import type { Schedule } from '../core/load/schedule.js';
import type { Clock } from './clock.js';

/** A request that is due. Times are by the clock of the client. */
export interface Turn {
  /** Its number among the requests of the step. */
  readonly place: number;
  readonly due: number;
  /** When the ceiling let it go, if it waited for the ceiling. */
  readonly released?: number;
}

export interface StepOptions<Answer> {
  readonly clock: Clock;
  /** When the step begins, by the clock. */
  readonly begin: number;
  /** The numbers of the requests that this client may send. */
  readonly places: Iterator<number, void>;
  /** Which of the users of the schedule are this client's. */
  readonly users: (user: number) => boolean;
  /** Answers, whatever happens: what the signal cuts is an answer too. */
  readonly ask: (turn: Turn, signal: AbortSignal) => Promise<Answer>;
  readonly onAnswer: (turn: Turn, answer: Answer) => void;
  /** Ends the step, and cuts the requests that are under way. */
  readonly finish: AbortSignal;
}

export interface RunningStep {
  /** When the step is over: the requests that were due before its end and that were never sent. */
  readonly unsent: Promise<readonly Turn[]>;
  /** The time by the clock up to which every request that was due has come to its end. */
  settled(): number;
}

export function startStep<Answer>(schedule: Schedule, options: StepOptions<Answer>): RunningStep {
  const { clock, finish } = options;
  const asking = new Map<Turn, Promise<void>>();
  const send = async (turn: Turn): Promise<void> => {
    const asked = options.ask(turn, finish).then((answer) => options.onAnswer(turn, answer));
    asking.set(turn, asked);
    try {
      await asked;
    } finally {
      asking.delete(turn);
    }
  };
  const { waiting, earliest, over } = start(schedule, options, send);
  const end = async () => {
    await Promise.race([over, aborted(finish)]);
    const time = clock.now();
    clock.stop();
    const unsent = waiting(time);
    await Promise.all(asking.values());
    return unsent;
  };
  return {
    unsent: end(),
    settled() {
      let time = Math.min(clock.now(), earliest());
      for (const { due } of asking.keys()) time = Math.min(time, due);
      return time;
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

type Send = (turn: Turn) => Promise<void>;

interface Sending {
  /** Returns the requests that are due at a time and were not sent. */
  readonly waiting: (time: number) => readonly Turn[];
  /** When the earliest request that was not sent is due. */
  readonly earliest: () => number;
  /** Nothing is left to send, and all answers have come. */
  readonly over: Promise<unknown>;
}

type Common = Omit<StepOptions<never>, 'ask' | 'onAnswer'>;

function start(schedule: Schedule, options: Common, send: Send): Sending {
  switch (schedule.kind) {
    case 'closed':
      return startUsers(schedule.requests, () => WITHOUT_PAUSE, options, send);
    case 'users':
      return startUsers(schedule.users, schedule.think, options, send);
    case 'due':
      return startArrivals(schedule.times(), schedule.ceiling, options, send);
  }
}

const WITHOUT_PAUSE: Iterator<number> = { next: () => ({ value: 0 }) };

function startUsers(count: number, think: (user: number) => Iterator<number>, options: Common, send: Send): Sending {
  const { clock, begin, places, users, finish } = options;
  /** When each user who thinks will ask. */
  const due = new Map<number, number>();

  /** Asks until there is nothing left to ask. */
  async function ask(user: number): Promise<void> {
    const thinks = think(user);
    let time = begin;
    for (;;) {
      const pause = thinks.next();
      if (pause.done || finish.aborted) return;
      time += pause.value;
      // Who does not think asks in the same turn of the event loop.
      if (time > clock.now()) {
        due.set(user, time);
        await at(clock, time);
        due.delete(user);
      }
      const place = places.next();
      if (place.done) return;
      await send({ place: place.value, due: time });
      time = clock.now();
    }
  }

  const asking = Array.from({ length: count }, (_, user) => user)
    .filter(users)
    .map(ask);
  return {
    waiting: (end) =>
      turnsOf(
        [...due.values()].filter((time) => time <= end).sort((a, b) => a - b),
        places,
      ),
    earliest: () => Math.min(...due.values()),
    over: Promise.all(asking),
  };
}

function at(clock: Clock, time: number): Promise<void> {
  return new Promise((resolve) => clock.at(time, resolve));
}

function startArrivals(times: Iterator<number>, ceiling: number | null, options: Common, send: Send): Sending {
  const { clock, begin, places, finish } = options;
  const held: Turn[] = [];
  let underWay = 0;
  let next = nextTurn();
  let end = () => {};
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });

  function nextTurn(): Turn | null {
    const time = times.next();
    if (time.done) return null;
    const place = places.next();
    return place.done ? null : { place: place.value, due: begin + time.value };
  }

  async function go(turn: Turn): Promise<void> {
    underWay++;
    await send(turn);
    underWay--;
    const first = finish.aborted ? undefined : held.shift();
    if (first !== undefined) void go({ ...first, released: clock.now() });
    else if (next === null && underWay === 0) end();
  }

  function ring(): void {
    // A request that is due is sent at once, even if it is late: the requests behind it keep their times.
    while (next !== null && next.due <= clock.now()) {
      if (ceiling !== null && underWay >= ceiling) held.push(next);
      else void go(next);
      next = nextTurn();
    }
    wait();
  }

  function wait(): void {
    if (next !== null) clock.at(next.due, ring);
    else if (underWay === 0) end();
  }

  wait();
  return {
    over,
    earliest: () => (held[0] ?? next)?.due ?? Number.POSITIVE_INFINITY,
    waiting(time) {
      for (; next !== null && next.due <= time; next = nextTurn()) held.push(next);
      return held;
    },
  };
}

function turnsOf(times: readonly number[], places: Iterator<number, void>): Turn[] {
  const turns: Turn[] = [];
  for (const due of times) {
    const place = places.next();
    if (place.done) break;
    turns.push({ place: place.value, due });
  }
  return turns;
}
