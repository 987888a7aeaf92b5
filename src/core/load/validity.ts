/**
 * When the figures of a step are those of the server, and not of the client. The thresholds stand in one table. A step that breaks one
 * of them is invalid, and a reading that is missing proves nothing, so it makes the step invalid too.
 *
 * Where several machines send the requests, each is judged by its own. The worst of them speaks for the step: a machine that was late
 * sent another load than was asked, and the server answered all machines under that load.
 */
import type { Condition } from '../definition/condition.js';
import { isMissing, known, missing, type Quantity } from '../quantity.js';
import { percentile } from '../stats/estimate/percentiles.js';
import { durationLimit, LOAD_METRICS, type Objective } from './objective.js';
import type { ClientHealth, StepRequest } from './request.js';
import { underWayBetween, underWayOf } from './under-way.js';
import type { Window } from './window.js';

interface ValidityEntry {
  readonly title: string;
  readonly unit: 'seconds' | 'score' | 'count';
  /** Whether the reading must be at most or at least the threshold. */
  readonly better: 'lower' | 'higher';
  readonly source: string;
  readonly remedy: string;
  readonly threshold: (context: ValidityContext) => number;
  readonly reading: (context: ValidityContext) => Quantity;
}

export interface ValidityContext {
  readonly condition: Condition;
  readonly window: Window;
  readonly requests: readonly StepRequest[];
  readonly health: ClientHealth;
  readonly objectives: readonly Objective[];
}

/** The table of what must hold. */
export const VALIDITY = {
  lateness: {
    title: 'p99 of send lateness',
    unit: 'seconds',
    better: 'lower',
    source:
      'inference-perf (schedule delay under 10 ms is good); load-peers measured: timing fails first, and silently',
    remedy:
      'ask for fewer requests per second, use more client processes, or keep the client off the cores of the server',
    threshold: ({ objectives }) => Math.max(0.01, 0.05 * smallestLatency(objectives)),
    reading: ({ window }) => latenessOf(window.requests),
  },
  loopDelay: {
    title: 'p99 of the delay of the event loop',
    unit: 'seconds',
    better: 'lower',
    source: 'twice the threshold of lateness: a token is stamped late by as much',
    remedy: 'use more client processes, or keep the client off the cores of the server',
    threshold: () => 0.02,
    reading: ({ health }) => health.loopDelay,
  },
  sent: {
    title: 'share of due requests that were sent',
    unit: 'score',
    better: 'higher',
    source: 'MLPerf LoadGen: a run that does not keep its schedule is invalid',
    remedy: 'ask for fewer requests per second, or use more client processes',
    threshold: () => 0.98,
    reading: ({ window: { requests } }) =>
      known(1 - requests.filter(({ outcome }) => outcome === 'unsent').length / requests.length),
  },
  underWay: {
    title: 'requests under way, asked and seen',
    unit: 'count',
    better: 'lower',
    source: 'guidellm#487 (100 per worker, silently), inference-perf#319 (45 asked, 74.5 seen)',
    remedy: 'raise the limit on open sockets, or use more client processes',
    threshold: () => 1,
    reading: underWayGap,
  },
  sockets: {
    title: 'requests that waited for a socket',
    unit: 'count',
    better: 'lower',
    source: "k6 (http_req_blocked): the wait is the client's, and TTFT holds it",
    remedy: 'raise the limit on open sockets',
    threshold: () => 0,
    reading: ({ health }) => known(health.socketWaits),
  },
} as const satisfies Record<string, ValidityEntry>;

export type ValidityCheck = keyof typeof VALIDITY;

export const VALIDITY_CHECKS = Object.keys(VALIDITY) as ValidityCheck[];

export interface Checked {
  readonly check: ValidityCheck;
  readonly reading: Quantity;
  readonly threshold: number;
  readonly state: 'kept' | 'broken' | 'unknown' | 'does not apply';
  /** The machine with the worst reading, where several machines send. */
  readonly machine?: string;
}

export interface Validity {
  readonly valid: boolean;
  readonly checks: readonly Checked[];
}

export function judgeValidity(context: ValidityContext): Validity {
  const machines = machinesOf(context);
  const checks = VALIDITY_CHECKS.map((check): Checked => {
    // The requests under way are those of all machines together.
    if (check === 'underWay' || machines.length === 0) return judge(check, context);
    return machines.map(({ name, context }): Checked => ({ ...judge(check, context), machine: name })).reduce(worse);
  });
  return { valid: checks.every(({ state }) => state === 'kept' || state === 'does not apply'), checks };
}

function judge(check: ValidityCheck, context: ValidityContext): Checked {
  const entry: ValidityEntry = VALIDITY[check];
  const [reading, threshold] = [entry.reading(context), entry.threshold(context)];
  if (
    (check === 'underWay' && context.condition.kind !== 'closed') ||
    (check === 'loopDelay' && context.health.inProcess)
  ) {
    return { check, reading, threshold, state: 'does not apply' };
  }
  if (isMissing(reading)) return { check, reading, threshold, state: 'unknown' };
  const holds = entry.better === 'lower' ? reading.value <= threshold : reading.value >= threshold;
  return { check, reading, threshold, state: holds ? 'kept' : 'broken' };
}

/** Each machine that sent a request of the window, with its own figures. Any other machine cannot have spoilt a figure. */
function machinesOf(context: ValidityContext): readonly { readonly name: string; readonly context: ValidityContext }[] {
  const { health, window } = context;
  return (health.machines ?? []).flatMap(({ name, ...own }) => {
    const requests = window.requests.filter(({ session }) => session === own.session);
    return requests.length === 0
      ? []
      : [{ name, context: { ...context, health: own, window: { ...window, requests } } }];
  });
}

const SEVERITY = { 'does not apply': 0, kept: 1, unknown: 2, broken: 3 } as const satisfies Record<
  Checked['state'],
  number
>;

/** The reading that says more against a step. */
export function worse(one: Checked, other: Checked): Checked {
  const further = SEVERITY[other.state] - SEVERITY[one.state];
  if (further !== 0 || isMissing(one.reading) || isMissing(other.reading)) return further > 0 ? other : one;
  const isWorse =
    VALIDITY[one.check].better === 'lower'
      ? other.reading.value > one.reading.value
      : other.reading.value < one.reading.value;
  return isWorse ? other : one;
}

function smallestLatency(objectives: readonly Objective[]): number {
  const latencies = objectives.filter(({ metric }) => LOAD_METRICS[metric].unit === 'seconds');
  return latencies.length === 0 ? 0 : Math.min(...latencies.map((objective) => durationLimit(objective).seconds));
}

/** The wait for a ceiling is the server's, so lateness counts from when the ceiling let a request go. */
function latenessOf(requests: readonly StepRequest[]): Quantity {
  const late = requests.flatMap(({ outcome, due, released, sent }) =>
    outcome === 'unsent' ? [] : [Math.max(0, sent - (released ?? due))],
  );
  return late.length === 0 ? missing('no request was sent') : known(percentile(late, 0.99));
}

function underWayGap({ condition, requests, window }: ValidityContext): Quantity {
  if (condition.kind !== 'closed') return missing('only a closed loop asks for a number of requests under way');
  const { mean } = underWayBetween(underWayOf(requests, 'sent'), window);
  return known(Math.abs(mean - condition.requests));
}
