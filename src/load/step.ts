/**
 * Holds one condition on one opened model: sends the requests of a step, and reports the answers a few at a time. It runs in the
 * process that receives the answers, so no message stands between a token and its time. Several processes can share a step; each
 * takes its part of the one schedule.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Condition } from '../core/definition/condition.js';
import { itemsInTurn, type Schedule, scheduleOf } from '../core/load/schedule.js';
import type { Outcome } from '../core/measure/measurement.js';
import { toMicroseconds } from '../core/microseconds.js';
import { firstOf, within } from '../system/signals.js';
import { startStep, type Turn } from './client.js';
import type { Clock } from './clock.js';
import { type OwnHealth, watchClient } from './watch.js';

/** A step for one client. It is sent to the process of the client. */
export interface StepOrder<Question> {
  readonly condition: Condition;
  /** It seeds the arrivals and the think times. */
  readonly seed: number;
  /** It seeds the order of the samples. All steps of a model continue one order. */
  readonly orderSeed: number;
  /** Of the nonces of its questions, where they have any. No other step has it, in this test or another. */
  readonly nonceSeed?: string;
  /** The arrival times of the trace of the condition, in seconds from its beginning. */
  readonly trace?: Float64Array;
  readonly share: Share;
  /** When the step begins, by the system's monotonic clock (`systemTime`). */
  readonly begin: number;
  /** The number of the first request of the step among all requests of the model. */
  readonly first: number;
  /** The most requests of the step, of all clients. */
  readonly most: number;
  /** One for each sample, in the order of the mixture. */
  readonly questions: readonly Question[];
}

/** Which part of a step a client does. */
export interface Share {
  /** The number of the client, counted from 0. */
  readonly client: number;
  readonly clients: number;
}

/** What a request asks. Each pass asks every sample once. */
export interface Asked {
  /** The number of the question. */
  readonly sample: number;
  /** How often the sample was asked before. */
  readonly pass: number;
}

/** Times are in seconds since the step began. */
export interface UnsentTurn extends Asked {
  /** Its number among the requests of the step, of all clients. */
  readonly place: number;
  readonly due: number;
}

export interface StepAnswer extends UnsentTurn {
  readonly released?: number;
  readonly end: number;
  readonly outcome: Outcome;
}

export interface StepReport {
  readonly answers: readonly StepAnswer[];
  /** Requests under way at this moment. */
  readonly underWay: number;
  /** Every request that was due before has come to its end, and stands in this report or an earlier one. */
  readonly settled: number;
}

/** What a client says when its step is over. */
export interface StepClosing {
  /** Requests that were due and never sent. */
  readonly unsent: readonly UnsentTurn[];
  /** The server's own view. */
  readonly server: readonly ServerLook[];
  readonly client: OwnHealth;
  /** Absent if the system does not tell. */
  readonly cores?: Cores | undefined;
}

/** The cores that processes may run on, as the kernel writes them: `0-3,8`. */
export interface Cores {
  readonly client: string;
  /** Of a server on this machine whose process is known. */
  readonly server?: string;
}

/** What a server said of itself, at a time in seconds since the step began. */
export interface ServerLook {
  readonly at: number;
  readonly values: Readonly<Record<string, number>>;
}

export interface HoldOptions<Question> {
  readonly clock: Clock;
  /**
   * Asks, and returns what came of it. It never rejects.
   *
   * @param due By the clock.
   */
  readonly ask: (question: Question, turn: Asked & { readonly due: number }, signal: AbortSignal) => Promise<Outcome>;
  readonly report: (report: StepReport) => void;
  /** Ends the step. */
  readonly finish: AbortSignal;
  /** Asks the server about itself; null where it says nothing. */
  readonly look: (signal: AbortSignal) => Promise<ServerLook['values'] | null>;
  /** Why the processor time of this process is not the client's alone; null if it is. */
  readonly shared: string | null;
}

/** Seconds between two reports. */
const REPORT = 0.1;
/** Answers of one report. */
const LARGEST_REPORT = 64;

export async function holdStep<Question>(
  order: StepOrder<Question>,
  options: HoldOptions<Question>,
): Promise<StepClosing> {
  const { clock, finish, report } = options;
  const begin = order.begin - systemTime() + clock.now();
  const asked = askingOrder(order);
  const watch = watchClient(options.shared);
  let answers: StepAnswer[] = [];
  let underWay = 0;
  const flush = () => {
    report({ answers, underWay, settled: toMicroseconds(step.settled() - begin) });
    answers = [];
  };
  const step = startStep(scheduleOfOrder(order), {
    clock,
    begin,
    places: placesOf(order),
    users: (user) => user % order.share.clients === order.share.client,
    finish,
    async ask(turn, signal) {
      underWay++;
      const { sample, pass } = asked(turn);
      const outcome = await options.ask(order.questions[sample]!, { sample, pass, due: turn.due }, signal);
      underWay--;
      return { sample, pass, outcome };
    },
    onAnswer(turn, { sample, pass, outcome }) {
      answers.push({
        place: turn.place,
        sample,
        pass,
        due: toMicroseconds(turn.due - begin),
        ...(turn.released !== undefined && { released: toMicroseconds(turn.released - begin) }),
        end: toMicroseconds(clock.now() - begin),
        outcome,
      });
      if (answers.length >= LARGEST_REPORT) flush();
    },
  });
  const timer = setInterval(flush, REPORT * 1000);
  const server = order.share.client === 0 ? watchServer(begin, options) : async () => [];
  try {
    const unsent = await step.unsent;
    flush();
    return {
      unsent: unsent.map((turn) => ({ place: turn.place, ...asked(turn), due: toMicroseconds(turn.due - begin) })),
      client: watch(),
      server: await server(),
    };
  } finally {
    clearInterval(timer);
  }
}

/** Seconds between two looks at the server. */
const LOOK = 1;

/** A server that was asked this often and never said anything has nothing to say. */
const SILENT_LOOKS = 3;

/**
 * Looks at the server from time to time. One that has said something may be too slow at times, above all under load: that look is left out.
 * The function that is returned ends it.
 */
function watchServer(
  begin: number,
  { clock, look, finish }: Pick<HoldOptions<unknown>, 'clock' | 'look' | 'finish'>,
): () => Promise<readonly ServerLook[]> {
  const looks: ServerLook[] = [];
  let silent = 0;
  const over = new AbortController();
  const until = firstOf(finish, over.signal);
  const watching = (async () => {
    for (;;) {
      await waitFor(LOOK, until);
      if (until.aborted) return;
      const values = await look(within(LOOK, until));
      if (values !== null) looks.push({ at: toMicroseconds(clock.now() - begin), values });
      else if (looks.length === 0 && ++silent === SILENT_LOOKS) return;
    }
  })();
  return async () => {
    over.abort();
    await watching;
    return looks;
  };
}

/** Ends early when the signal is aborted. */
async function waitFor(seconds: number, signal: AbortSignal): Promise<void> {
  await sleep(seconds * 1000, undefined, { signal, ref: false }).catch(() => {});
}

/** Returns what each request asks. It must be called in the order of the requests. */
function askingOrder({ questions, orderSeed, first }: StepOrder<unknown>): (turn: Turn) => Asked {
  const samples = itemsInTurn([...questions.keys()], orderSeed);
  let next = 0;
  return ({ place }) => {
    const request = first + place;
    for (; next < request; next++) samples.next();
    next++;
    return { sample: samples.next().value!, pass: Math.floor(request / questions.length) };
  };
}

/** The schedule of one client. Of the requests that come at times of their own, it has those of its places. */
function scheduleOfOrder({ condition, seed, trace, share }: StepOrder<unknown>): Schedule {
  const traces = new Map(trace && condition.kind === 'trace' ? [[condition.name, { arrivals: trace }]] : []);
  const schedule = scheduleOf(condition, { seed, traces });
  if (schedule.kind !== 'due') return schedule;
  const { times, ceiling } = schedule;
  return {
    kind: 'due',
    times: () => shareOf(times(), share),
    ceiling: ceiling === null ? null : partOf(ceiling, share),
  };
}

/** Whole numbers that add up to the whole. */
function partOf(whole: number, { client, clients }: Share): number {
  return Math.floor(whole / clients) + (client < whole % clients ? 1 : 0);
}

/** Every second time, where there are two clients. */
function* shareOf(times: Iterator<number>, { client, clients }: Share): Generator<number> {
  for (let place = 0; ; place++) {
    const time = times.next();
    if (time.done) return;
    if (place % clients === client) yield time.value;
  }
}

/** The numbers of the requests of one client: with two clients, every second one. */
function* placesOf({ share: { client, clients }, most }: StepOrder<unknown>): Generator<number, void> {
  for (let place = client; place < most; place += clients) yield place;
}

/** Seconds of the system's monotonic clock, which is the same in every process. */
export function systemTime(): number {
  return Number(process.hrtime.bigint()) / 1e9;
}
