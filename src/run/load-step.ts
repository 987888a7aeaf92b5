/**
 * Holds one step of a load test: gives each client its part of the schedule, writes every request to the log as it ends, and tells the
 * clients when the step is over. It is over when all requests that count have their answers; until then the clients keep up the load.
 */

import { type Condition, conditionText } from '../core/definition/condition.js';
import { sampleKey } from '../core/keys.js';
import { type RecordedRequest, RecordedRequests } from '../core/load/recorded.js';
import type { StepRequest } from '../core/load/request.js';
import type { LogRecord, MeasurementRecord, SampleRecord, StepRecord } from '../core/log/log.js';
import type { Outcome } from '../core/measure/measurement.js';
import { toMicroseconds } from '../core/microseconds.js';
import { isMissing, known, type Quantity } from '../core/quantity.js';
import { type StepAnswer, type StepClosing, type StepReport, systemTime } from '../load/step.js';
import type { TrialRequest } from '../worker/protocol.js';
import type { HoldingSession } from '../worker/worker-session.js';

/** A step that is to be held. */
export interface PlannedStep {
  readonly id: string;
  readonly model: string;
  readonly condition: Condition;
  /** Of its arrivals and think times. Each step has its own, so that the luck of one is not that of all. */
  readonly seed: number;
  /** The step is over when this many requests were due and have their answers, */
  readonly requests: number;
  /** or when those have that were due in this many seconds. */
  readonly seconds?: number | undefined;
  /** The number of its first request among all requests of the model. */
  readonly first: number;
  /** The most requests that the step may make. */
  readonly most: number;
}

/** One process that sends requests. */
export interface StepClient {
  readonly worker: HoldingSession;
  readonly session: string;
  /** The machine of the fleet that it runs on; absent where this one does. */
  readonly machine?: ClockedMachine;
}

/** A machine of a fleet whose clock was compared with the one here. */
export type ClockedMachine = Pick<
  NonNullable<StepRecord['client']['machines']>[number],
  'name' | 'clockOffset' | 'roundTrip'
>;

export interface HoldStepOptions {
  readonly clients: readonly StepClient[];
  /** It seeds the order of the samples. */
  readonly orderSeed: number;
  /** The samples, in the order in which the clients have their questions. */
  readonly samples: readonly SampleRecord[];
  readonly questions: readonly TrialRequest[];
  readonly trace?: Float64Array | undefined;
  /** Seconds since the part began. */
  readonly elapsed: () => number;
  readonly append: (record: LogRecord) => void;
  /** Looks at a step that goes on, and ends it early. Called a few times a second. */
  readonly judge: (course: StepCourse) => StepRecord['ending'] | null;
  /** The user's signal: the step is given up. */
  readonly signal: AbortSignal;
}

/** A step that goes on. */
export interface StepCourse {
  readonly condition: Condition;
  /** Seconds since it began. */
  readonly seconds: number;
  readonly underWay: number;
  readonly failed: number;
  /** The requests that ended. */
  readonly requests: readonly StepRequest[];
  /** Every request that was due before this time is among them; seconds since the step began. */
  readonly settled: number;
}

export interface HeldStep {
  readonly record: StepRecord;
  /** The requests that count. */
  readonly requests: readonly StepRequest[];
}

/** Seconds from the order to the beginning of the step: the clients must have it by then. */
const LEAD = 0.25;
/** The same where orders go through the queue of a fleet, beside this many round trips. */
const FLEET_LEAD = 1;
const ROUND_TRIPS = 4;

function leadOf(clients: readonly StepClient[]): number {
  const trips = clients.flatMap(({ machine }) => (machine === undefined ? [] : [machine.roundTrip]));
  return trips.length === 0 ? LEAD : FLEET_LEAD + ROUND_TRIPS * Math.max(...trips);
}

/** @throws WorkerDied, or the reason of the signal: such a step has no record, and is held again. */
export async function holdStep(planned: PlannedStep, options: HoldStepOptions): Promise<HeldStep> {
  const { orderSeed, elapsed, judge, signal, questions, trace } = options;
  const { condition, seed, first, most } = planned;
  // A client without a user of its own would end at once, and the step would wait for its reports.
  const clients = options.clients.slice(0, mostClients(condition));
  signal.throwIfAborted();
  const finish = new AbortController();
  const onInterrupt = () => finish.abort();
  signal.addEventListener('abort', onInterrupt, { once: true });
  const lead = leadOf(clients);
  const began = toMicroseconds(elapsed() + lead);
  const begin = systemTime() + lead;
  const course = startCourse(planned, { ...options, clients, began });
  let ending: StepRecord['ending'] | null = null;
  const onReport = (report: StepReport, client: number) => {
    course.add(report, client);
    if (ending !== null) return;
    const seconds = elapsed() - began;
    if (seconds < 0) return;
    ending = course.complete() ?? judge(course.now(seconds));
    if (ending === null) return;
    course.finish(ending);
    finish.abort();
  };
  try {
    const closings = await Promise.all(
      clients.map(({ worker }, client) =>
        worker.hold(
          {
            condition,
            seed,
            orderSeed,
            nonceSeed: `${clients[0]!.session} ${planned.id}`,
            begin,
            first,
            most,
            questions,
            ...(trace && { trace }),
            share: { client, clients: clients.length },
          },
          { finish: finish.signal, onReport: (report) => onReport(report, client) },
        ),
      ),
    );
    signal.throwIfAborted();
    return course.end(closings, { ended: toMicroseconds(elapsed()), ending: ending ?? 'trace ended' });
  } finally {
    finish.abort();
    signal.removeEventListener('abort', onInterrupt);
  }
}

/** The clients that have something to send. */
function mostClients(condition: Condition): number {
  switch (condition.kind) {
    case 'closed':
      return condition.requests;
    case 'users':
      return condition.users;
    case 'open':
      return condition.ceiling ?? Number.POSITIVE_INFINITY;
    case 'trace':
      return Number.POSITIVE_INFINITY;
  }
}

interface CourseOptions extends Pick<HoldStepOptions, 'clients' | 'samples' | 'append'> {
  readonly began: number;
}

/** What has come of a step so far. Every request goes to the log. */
function startCourse(
  { id, model, condition, seed, requests: wanted, seconds = Number.POSITIVE_INFINITY, first }: PlannedStep,
  { clients, samples, append, began }: CourseOptions,
) {
  const recorded = new RecordedRequests({ gaps: 'dropped' });
  const requests: RecordedRequest[] = [];
  const underWay = new Map<number, number>();
  const settled = new Map<number, number>();
  const waits = clients.map(() => ({ socketWaits: 0, replacedConnections: 0 }));
  const machines = clients.flatMap(({ machine, session }) => (machine === undefined ? [] : [{ ...machine, session }]));
  let failed = 0;
  let limited = false;
  let used = 0;
  /** Its requests know the end of the step only when it is there. */
  const span = {
    began,
    ended: began,
    ending: null as StepRecord['ending'] | null,
    ...(machines.length > 0 && { client: { machines: [] } }),
  };
  /** Every request that was due before has its own end, and was not cut. */
  let answered = 0;

  function write(turn: Omit<StepAnswer, 'outcome'>, outcome: Outcome, client: number): StepRequest {
    const { suite, task, sample } = samples[turn.sample]!;
    const repetition = turn.pass + 1;
    used = Math.max(used, turn.place + 1);
    const record: MeasurementRecord = {
      type: 'measurement',
      trial: `${sampleKey({ suite, task, sample })}@${model}#${repetition} step ${id}`,
      suite,
      task,
      sample,
      model,
      repetition,
      session: clients[client]!.session,
      at: toMicroseconds(began + turn.end),
      due: toMicroseconds(began + turn.due),
      condition: conditionText(condition),
      step: id,
      ...(turn.released !== undefined && { released: toMicroseconds(began + turn.released) }),
      outcome,
    };
    append(record);
    const request = recorded.at(recorded.add(record), span);
    requests.push(request);
    return request;
  }

  /** Clients that have not reported yet have settled nothing. */
  function settledTime(): number {
    return settled.size < clients.length ? 0 : Math.min(...settled.values());
  }

  function untilOf(ending: StepRecord['ending'], ended: number): number {
    switch (ending) {
      case 'answered':
        return requests.map(({ due }) => due).sort((a, b) => a - b)[wanted - 1]!;
      case 'time':
        return seconds;
      // Those under way are cut, and they are the slow ones: without them the others would seem all there was.
      case 'budget':
        return toMicroseconds(Math.max(0, answered - MICROSECOND));
      case 'overloaded':
      case 'errors':
      case 'rate-limit':
      case 'trace ended':
        return toMicroseconds(ended - began);
    }
  }

  return {
    add(report: StepReport, client: number) {
      underWay.set(client, report.underWay);
      settled.set(client, report.settled);
      for (const answer of report.answers) {
        const { outcome } = answer;
        if (write(answer, outcome, client).outcome === 'failed') failed++;
        if (outcome.state === 'completed' && outcome.reconnected) waits[client]!.replacedConnections++;
        if (outcome.state === 'failed' && outcome.kind === 'client') waits[client]!.socketWaits++;
        limited ||= outcome.state === 'failed' && outcome.kind === 'rate-limit';
      }
    },
    /** What ends from now on was cut, for this reason. */
    finish(reason: StepRecord['ending']) {
      span.ending = reason;
      answered = settledTime();
    },
    /** Why the step is over, if it is. */
    complete(): 'rate-limit' | 'answered' | 'time' | null {
      // First, for one report of a fast server may hold both the last request that was wanted and the first that was limited.
      if (limited) return 'rate-limit';
      const time = settledTime();
      if (time > seconds) return 'time';
      if (requests.length < wanted) return null;
      return requests.filter(({ due }) => due < time).length >= wanted ? 'answered' : null;
    },
    now: (seconds: number): StepCourse => ({
      condition,
      seconds: Math.max(0, seconds),
      underWay: [...underWay.values()].reduce((sum, one) => sum + one, 0),
      failed,
      requests,
      settled: settledTime(),
    }),
    end(closings: readonly StepClosing[], { ended, ending }: Pick<StepRecord, 'ended' | 'ending'>): HeldStep {
      span.ended = ended;
      for (const [client, { unsent }] of closings.entries()) {
        for (const turn of unsent) write({ ...turn, end: ended - began }, UNSENT, client);
      }
      const [{ session, worker }] = clients as [StepClient];
      const healths = closings.map(({ client }, i) => ({ processes: 1, ...client, ...waits[i]! }));
      const server = closings.flatMap((closing) => closing.server);
      const record: StepRecord = {
        type: 'step',
        step: id,
        model,
        session,
        condition: conditionText(condition),
        seed,
        first,
        began,
        ended,
        ...(Number.isFinite(wanted) && { requests: wanted }),
        until: untilOf(ending, ended),
        used,
        ending,
        client: {
          ...healths.reduce(together),
          ...(worker.facts.network === 'none' && { inProcess: true }),
          ...(machines.length > 0 && { machines: eachMachine(machines, healths) }),
          ...(machines.length === 0 && closings[0]?.cores && { cores: closings[0].cores }),
        },
        ...(server.length > 0 && { server }),
      };
      append(record);
      return { record, requests: requests.filter(({ due }) => due <= record.until) };
    },
  };
}

/** All that were due before a time are those that were due up to a microsecond earlier. */
const MICROSECOND = 1e-6;

const UNSENT: Outcome = {
  state: 'failed',
  by: 'harness',
  kind: 'unsent',
  reason: 'it was due, and the step ended before it was sent',
  output: '',
};

type Health = Omit<StepRecord['client'], 'inProcess' | 'machines'>;

/** The health of two clients, or of more. */
function together(a: Health, b: Health): Health {
  return {
    processes: a.processes + b.processes,
    loopDelay: larger(a.loopDelay, b.loopDelay),
    cpuSeconds: add(a.cpuSeconds, b.cpuSeconds),
    socketWaits: a.socketWaits + b.socketWaits,
    replacedConnections: a.replacedConnections + b.replacedConnections,
  };
}

/** @param machines That of each client. The clients of a machine have one session. */
function eachMachine(
  machines: readonly (ClockedMachine & Pick<StepClient, 'session'>)[],
  healths: readonly Health[],
): NonNullable<StepRecord['client']['machines']> {
  return [...new Set(machines.map(({ session }) => session))].map((session) => ({
    ...machines.find((machine) => machine.session === session)!,
    ...healths.filter((_, client) => machines[client]!.session === session).reduce(together),
  }));
}

function larger(a: Quantity, b: Quantity): Quantity {
  if (isMissing(a)) return a;
  return isMissing(b) || b.value > a.value ? b : a;
}

function add(a: Quantity, b: Quantity): Quantity {
  if (isMissing(a)) return a;
  return isMissing(b) ? b : known(a.value + b.value);
}
