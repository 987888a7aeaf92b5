/** Computes the figures of a model from its sessions: load time, first request, memory, crashes. A figure uses one machine. */
import { classOf, type Model } from '../definition/model.js';
import type { ModelFailedRecord, SessionEndRecord, SessionFacts, SessionRecord, Warning } from '../log/log.js';
import type { MemoryReading } from '../measure/measurement.js';
import type { SessionReadings } from '../measure/metric.js';
import { METRICS, type MetricOfSession, OF_SESSION } from '../measure/metrics.js';
import { isMissing, type Missing, missing, type Quantity } from '../quantity.js';
import { estimateRatio } from '../stats/estimate/ratio.js';
import type { Drift, MemorySpread, ModelAnalysis, SessionFigures, Spread } from './analysis.js';
import type { Trials } from './columns.js';
import { spreadOf } from './distribution.js';
import { driftOf } from './drift.js';
import type { MachineSessions } from './machines.js';
import { notOurs } from './ownership.js';

const NEVER_OPENED = 'the model was never opened';
const NOT_ENDED = 'the session ended before its peak was read';

export interface ModelRecords {
  /** The name of the model in its run, and the run. */
  readonly origin: ModelAnalysis['origin'];
  readonly sessions: readonly SessionRecord[];
  readonly ends: readonly SessionEndRecord[];
  readonly failures: readonly ModelFailedRecord[];
  /** The trials of the model for each task. */
  readonly trials: readonly Trials[];
  /** The machine of the figures comes first. All other machines follow. */
  readonly machines: readonly [MachineSessions, ...MachineSessions[]];
}

export function analyseModel(model: Model, records: ModelRecords): ModelAnalysis {
  const { origin, sessions, ends, failures, trials, machines } = records;
  const [here, ...others] = machines;
  const facts = sessions.findLast(({ session }) => here.sessions.has(session))?.facts ?? sessions.at(-1)?.facts ?? null;
  const foreign = notOurs(facts, model);
  const drift = driftOf(trials, here.toldApart);
  return {
    id: model.id,
    origin,
    title: model.title ?? model.id,
    class: classOf(model),
    entry: model,
    machine: here.machine,
    ...figuresOf(records, here, foreign),
    elsewhere: others.map((machine) => ({ machine: machine.machine!, ...figuresOf(records, machine, foreign) })),
    facts,
    crashes: ends.flatMap(({ crash }) => (crash === undefined ? [] : [crash])),
    failures: failures.map(({ reason }) => reason),
    drift,
    warnings: [
      ...unclassified(model),
      ...failures.map(({ reason }) => ({
        what: `the model could not be run: ${reason}`,
        remedy: 'see `rightsize check`',
      })),
      ...warningsOf(sessions, ends),
      ...threadWarnings(sessions, here),
      ...logprobsWarnings(ends, here),
      ...driftWarnings(drift),
      ...cliffWarnings(facts, trials, here),
    ],
  };
}

/** @param foreign The reason why the readings belong to another process; null if they belong to the model. */
function figuresOf(
  { sessions: allSessions, ends: allEnds, failures }: ModelRecords,
  { sessions: ofMachine, toldApart }: MachineSessions,
  foreign: Missing | null,
): SessionFigures {
  const sessions = allSessions.filter(({ session }) => ofMachine.has(session));
  const clear = sessions.filter(({ session }) => toldApart.has(session));
  const ends = new Map(allEnds.filter(({ session }) => toldApart.has(session)).map((end) => [end.session, end]));
  const never = failures[0]?.reason ?? (allSessions.length > 0 ? ofMachine.others : NEVER_OPENED);
  const unclear = sessions.length > clear.length ? toldApart.others : never;
  const memory = (readings: readonly MemoryReading[], reason: string) =>
    foreign === null ? memoryOf(readings, reason) : unreadable(foreign);
  const readings = sessions.map((session) => readingsOf(session, { end: ends.get(session.session), toldApart }));
  return {
    sessions: sessions.length,
    metrics: metricsOf(foreign === null ? readings : readings.map((reading) => ofForeign(reading, foreign)), never),
    memory: {
      baseline: memory(
        clear.map((session) => session.memory.baseline),
        unclear,
      ),
      loaded: memory(
        clear.map((session) => session.memory.loaded),
        unclear,
      ),
      peak: memory(
        [...ends.values()].map((end) => end.memory.peak),
        clear.length > 0 ? NOT_ENDED : unclear,
      ),
    },
  };
}

function readingsOf(
  { session, load, firstRequest, memory }: SessionRecord,
  { end, toldApart }: { readonly end: SessionEndRecord | undefined } & Pick<MachineSessions, 'toldApart'>,
): SessionReadings {
  const peak = end?.memory.peak ?? missing(toldApart.has(session) ? NOT_ENDED : toldApart.others);
  return { load, firstRequest, baseline: memory.baseline, peak };
}

function ofForeign({ firstRequest }: SessionReadings, foreign: Missing): SessionReadings {
  return { load: foreign, firstRequest, baseline: unreadable(foreign), peak: foreign };
}

function unreadable(why: Missing): Record<keyof MemoryReading, Missing> {
  return { resident: why, anonymous: why, fileMapped: why, gpu: why };
}

function memoryOf(readings: readonly MemoryReading[], reason: string): MemorySpread {
  const spread = (part: keyof MemoryReading) =>
    spreadOfQuantities(
      readings.map((reading) => reading[part]),
      reason,
    );
  return {
    resident: spread('resident'),
    anonymous: spread('anonymous'),
    fileMapped: spread('fileMapped'),
    gpu: spread('gpu'),
  };
}

function metricsOf(sessions: readonly SessionReadings[], never: string): ModelAnalysis['metrics'] {
  const spread = (metric: MetricOfSession) =>
    spreadOfQuantities(
      sessions.map((session) => METRICS[metric].compute(session)),
      never,
    );
  return Object.fromEntries(OF_SESSION.map((metric) => [metric, spread(metric)])) as ModelAnalysis['metrics'];
}

/** The spread of the known values; if none is known, the first reason. */
function spreadOfQuantities(quantities: readonly Quantity[], reason: string): Spread | Missing {
  const values = quantities.flatMap((quantity) => (isMissing(quantity) ? [] : [quantity.value]));
  const absent = quantities.find(isMissing);
  return values.length > 0 ? spreadOf(values, reason) : missing(absent?.missing ?? reason);
}

function unclassified(model: Model): Warning[] {
  if (classOf(model) !== null) return [];
  return [
    {
      what: 'its class and its number of parameters are unknown, so it is not compared with any model',
      remedy: 'add `class` or `parameters` to its entry in models.json',
    },
  ];
}

/** If an event loop was delayed by more than this many seconds, it stamped tokens late. */
const LATE = 0.01;

function warningsOf(sessions: readonly SessionRecord[], ends: readonly SessionEndRecord[]): Warning[] {
  const warnings: Warning[] = [];
  for (const what of new Set(sessions.flatMap(({ facts }) => facts.warnings))) {
    warnings.push({ what, remedy: 'see the notes of this backend in docs/backends.md' });
  }
  const crashes = ends.filter(({ crash }) => crash !== undefined);
  if (crashes.length > 0) {
    warnings.push({
      what: `the model's process ended ${times(crashes.length)} before its work did: ${crashes[0]!.crash}`,
      remedy: 'look at the failed trials; try fewer threads, a smaller context or another backend',
    });
  }
  // The worker stamps the tokens. A late runner starts the next trial later, which changes no figure.
  const delays = ends.flatMap(({ loopDelay }) => (isMissing(loopDelay.worker) ? [] : [loopDelay.worker.value]));
  const worst = Math.max(0, ...delays);
  if (worst > LATE) {
    warnings.push({
      what: `the event loop was late by ${Math.round(worst * 1000)} ms (99th percentile), so token times may be late by as much`,
      remedy: 'use fewer threads than cores, and stop other programs',
    });
  }
  return warnings;
}

/** The threads of a small model are those that were the fastest when it was opened. */
function threadWarnings(sessions: readonly SessionRecord[], { sessions: here }: MachineSessions): Warning[] {
  const counts = new Set(
    sessions.flatMap(({ session, facts: { threads } }) =>
      here.has(session) && !isMissing(threads) ? [threads.value] : [],
    ),
  );
  if (counts.size < 2) return [];
  const numbers = [...counts].sort((a, b) => a - b).join(' and ');
  return [
    {
      what: `its sessions ran on ${numbers} threads, so its times are of both kinds`,
      remedy: 'stop other programs, or set `threads` in its entry, and run again',
    },
  ];
}

/** What asking a server for log-probabilities cost, measured on requests that were sent with and without them. */
function logprobsWarnings(ends: readonly SessionEndRecord[], { sessions: here }: MachineSessions): Warning[] {
  const pairs = ends.flatMap(({ session, logprobs = [] }) => (here.has(session) ? logprobs : []));
  const ratio = estimateRatio(
    pairs.map(({ without }) => without),
    pairs.map((pair) => pair.with),
  );
  if (isMissing(ratio)) return [];
  const { value, low, high, n } = ratio;
  const [times, from, to] = [value, low, high].map((factor) => factor.toFixed(2));
  return [
    {
      what: `the server was asked for log-probabilities: a request took ${times} times as long as without them (95%: ${from} to ${to}, ${n} pairs)`,
      remedy:
        'its times include that; to measure speed alone, run without --logprobs, and without `logprobs` in the suite',
    },
  ];
}

/** A trend is reported if chance shows it in at most one of a hundred runs, and if it is large enough to matter. */
const DRIFT = { p: 0.01, change: 0.05 } as const;

function driftWarnings(drift: Drift | Missing): Warning[] {
  if (isMissing(drift) || drift.p >= DRIFT.p || Math.abs(drift.change) < DRIFT.change) return [];
  const share = `${Math.round(Math.abs(drift.change) * 100)}%`;
  return [
    {
      what: `the decode rate ${drift.change < 0 ? 'fell' : 'rose'} by ${share} over the run`,
      remedy: 'let the machine cool down, stop other programs, and run again',
    },
  ];
}

/** A median TTFT over prompts on both sides of a cliff is that of neither. */
function cliffWarnings(
  facts: SessionFacts | null,
  trials: readonly Trials[],
  { sessions }: MachineSessions,
): Warning[] {
  const cliff = facts?.promptCliff;
  if (cliff === undefined) return [];
  let [below, all] = [0, 0];
  for (const cell of trials) {
    // If no TTFT is measured, the length of a prompt changes nothing.
    if (cell.timings('ttft', sessions).length === 0) continue;
    const lengths = cell.timings('promptTokens', sessions);
    all += lengths.length;
    for (const tokens of lengths) if (tokens < cliff.tokens) below++;
  }
  if (below === 0 || below === all) return [];
  return [
    { what: `${below} of ${all} prompts have fewer than ${cliff.tokens} tokens: ${cliff.what}`, remedy: cliff.remedy },
  ];
}

function times(n: number): string {
  return n === 1 ? 'once' : `${n} times`;
}
