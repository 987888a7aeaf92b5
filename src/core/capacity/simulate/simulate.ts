/**
 * A condition held on a server in virtual time, and what its users saw. The figures are those of the requests that were due after the warm-up; they
 * take the same memory for a minute and for a day.
 */
import type { Condition } from '../../definition/condition.js';
import { durationLimit, type LoadMetric, type Objective } from '../../load/objective.js';
import { scheduleOf } from '../../load/schedule.js';
import type { TraceTimes } from '../../load/trace.js';
import type { Seed } from '../../stats/basics/random.js';
import type { Lengths } from '../step/workload.js';
import { arrivalsOf, type SimulatedRequest } from './arrivals.js';
import type { Scheduler } from './scheduler.js';
import { type Stretch, serve } from './server.js';
import { Sketch } from './sketch.js';
import type { StepTimes } from './step-times.js';

export interface Scenario {
  readonly condition: Condition;
  readonly times: StepTimes;
  readonly scheduler: Scheduler;
  /** Lengths of requests in the order in which they are due, without end. */
  readonly lengths: () => Iterator<Lengths>;
  readonly objectives: readonly Objective[];
  /** The requests that are due in all. */
  readonly requests: number;
  readonly seed: Seed;
  readonly traces?: ReadonlyMap<string, TraceTimes> | undefined;
  /** Ends as soon as an objective on a share of the requests is missed whatever comes: of the result, only that it does not hold is then meant. */
  readonly endsOnceMissed?: true | undefined;
}

export interface Simulated {
  /** The requests that count, and the seconds in which they were due. */
  readonly requests: number;
  readonly seconds: number;
  readonly failed: number;
  /** Answers that their context cut short. */
  readonly cut: number;
  /** In seconds. A figure without values is NaN. */
  readonly ttft: Sketch;
  readonly tpot: Sketch;
  readonly e2e: Sketch;
  /** For each objective the share of requests that were late, or for a limit on a mean the mean over the limit. */
  readonly objectives: readonly { readonly held: boolean; readonly late: number }[];
  /** The share of requests that met every objective, and how many of them a second. */
  readonly attainment: number;
  readonly goodput: number;
  /** Output tokens per second. */
  readonly throughput: number;
  /** Requests that the server works on, over time. */
  readonly running: number;
  /** Shares of the time: at work, with no slot free, and with no room in the cache. */
  readonly busy: number;
  /** Requests per second at work: what the server answers if it never rests. */
  readonly workRate: number;
  /** The queue grows without end: the wait of later requests is longer, and the server never rests. */
  readonly overloaded: boolean;
  readonly slotsFull: number;
  readonly cacheFull: number;
  /** Shares of the time at work: waiting for memory, and computing. */
  readonly memory: number;
  readonly compute: number;
}

/** A server is overloaded if it rests less than this share of the time, and if the last third waits `GROWS` times as long as the middle third. */
const NO_REST = 0.01;
const GROWS = 1.4;

/** The first requests find an empty server, so they do not count. */
const WARM_UP = 0.1;

export function simulate(scenario: Scenario): Simulated {
  const { condition, times, scheduler, lengths, objectives, requests, seed, traces, endsOnceMissed } = scenario;
  const schedule = scheduleOf(condition, { seed, ...(traces !== undefined && { traces }) });
  const watch = new Watch(objectives, { requests, endsOnceMissed });
  // Whether a request waits at the client for its ceiling or at the server for a slot, it is served in the same order.
  const ceiling = schedule.kind === 'due' ? schedule.ceiling : null;
  const rules = ceiling === null ? scheduler : { ...scheduler, slots: Math.min(scheduler.slots, ceiling) };
  serve(arrivalsOf(schedule, { requests, lengths: lengths() }), times, rules, watch);
  return watch.finish();
}

/** The duration that each metric of an objective bounds; null where a request has none. */
const DURATION: Readonly<Record<LoadMetric, (request: SimulatedRequest, end: number) => number | null>> = {
  ttft: ({ due, first }) => first - due,
  // Nothing tells reasoning from the answer here.
  ttfa: ({ due, first }) => first - due,
  tpot: perToken,
  decodeRate: perToken,
  e2e: ({ due }, end) => end - due,
};

function perToken({ first, output }: SimulatedRequest, end: number): number | null {
  return output > 1 ? (end - first) / (output - 1) : null;
}

class Watch {
  readonly #warmUp: number;
  readonly #requests: number;
  /** Sums of the waits for a first token, of the middle and the last third of the requests. */
  readonly #waits = [0, 0];
  readonly #limits: readonly { readonly of: LoadMetric; readonly seconds: number; readonly share: number | null }[];
  readonly #ttft = new Sketch();
  readonly #tpot = new Sketch();
  readonly #e2e = new Sketch();
  /** For each objective, more late requests than this miss it; infinite where the result is wanted whole. */
  readonly #mostLate: readonly number[];
  readonly #late: number[];
  readonly #sums: number[];
  readonly #shown: number[];
  isDecided = false;
  #met = 0;
  #counted = 0;
  #failed = 0;
  #cut = 0;
  #tokens = 0;
  #firstDue = Number.POSITIVE_INFINITY;
  #lastDue = 0;
  #seconds = 0;
  #running = 0;
  #busy = 0;
  #slots = 0;
  #cache = 0;
  #memory = 0;
  #compute = 0;

  constructor(
    objectives: readonly Objective[],
    { requests, endsOnceMissed }: Pick<Scenario, 'requests' | 'endsOnceMissed'>,
  ) {
    this.#warmUp = Math.floor(requests * WARM_UP);
    this.#requests = requests;
    this.#limits = objectives.map((objective) => {
      const { seconds, lateShare } = durationLimit(objective);
      return { of: objective.metric, seconds, share: lateShare };
    });
    this.#mostLate = this.#limits.map(({ share }) =>
      endsOnceMissed && share !== null ? share * (requests - this.#warmUp) : Number.POSITIVE_INFINITY,
    );
    [this.#late, this.#sums, this.#shown] = [0, 1, 2].map(() => this.#limits.map(() => 0)) as [
      number[],
      number[],
      number[],
    ];
  }

  stretch({ from, to, running, blocked, memory, compute }: Stretch): void {
    const seconds = to - from;
    this.#seconds += seconds;
    this.#running += running * seconds;
    if (running > 0) this.#busy += seconds;
    if (blocked === 'slots') this.#slots += seconds;
    if (blocked === 'cache') this.#cache += seconds;
    this.#memory += memory;
    this.#compute += compute;
  }

  ended(request: SimulatedRequest, at: number, outcome: 'answered' | 'cut' | 'failed'): void {
    if (request.index < this.#warmUp) return;
    this.#counted++;
    this.#firstDue = Math.min(this.#firstDue, request.due);
    this.#lastDue = Math.max(this.#lastDue, request.due);
    if (outcome === 'failed') this.#failed++;
    else {
      if (outcome === 'cut') this.#cut++;
      this.#tokens += request.output;
      this.#ttft.add(request.first - request.due);
      const third = Math.floor((3 * request.index) / this.#requests);
      if (third > 0) this.#waits[third - 1]! += request.first - request.due;
      this.#e2e.add(at - request.due);
      const gap = perToken(request, at);
      if (gap !== null) this.#tpot.add(gap);
    }
    let all = true;
    for (const [i, { of, seconds }] of this.#limits.entries()) {
      const duration = outcome === 'failed' ? Number.POSITIVE_INFINITY : DURATION[of](request, at);
      if (duration === null) continue;
      this.#shown[i]!++;
      this.#sums[i]! += duration / seconds;
      if (duration > seconds) {
        this.#late[i]!++;
        this.isDecided ||= this.#late[i]! > this.#mostLate[i]!;
        all = false;
      }
    }
    if (all) this.#met++;
  }

  finish(): Simulated {
    const seconds = this.#lastDue - this.#firstDue;
    const objectives = this.#limits.map(({ share }, i) => {
      const n = this.#shown[i]!;
      const late = (share === null ? this.#sums[i]! : this.#late[i]!) / Math.max(1, n);
      return { held: late <= (share ?? 1), late };
    });
    return {
      requests: this.#counted,
      seconds,
      failed: this.#failed,
      cut: this.#cut,
      ttft: this.#ttft,
      tpot: this.#tpot,
      e2e: this.#e2e,
      objectives,
      attainment: this.#met / this.#counted,
      goodput: this.#met / seconds,
      throughput: this.#tokens / seconds,
      running: this.#running / this.#seconds,
      busy: this.#busy / this.#seconds,
      workRate: this.#requests / this.#busy,
      overloaded: this.#busy > (1 - NO_REST) * this.#seconds && this.#waits[1]! > GROWS * this.#waits[0]!,
      slotsFull: this.#slots / this.#seconds,
      cacheFull: this.#cache / this.#seconds,
      memory: this.#memory / this.#busy,
      compute: this.#compute / this.#busy,
    };
  }
}
