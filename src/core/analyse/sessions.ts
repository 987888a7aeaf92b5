/** The sessions of a model to its analysis as a whole: loading, the first request, memory, crashes. */
import { classOf, type Model } from '../definition/model.js';
import type { ModelFailedRecord, SessionEndRecord, SessionRecord, Warning } from '../measure/log.js';
import type { MemoryReading } from '../measure/measurement.js';
import type { SessionReadings } from '../measure/metric.js';
import { METRICS, type MetricOfSession, OF_SESSION } from '../measure/metrics.js';
import { isMissing, type Missing, missing, type Quantity } from '../quantity.js';
import type { Drift, MemorySpread, ModelAnalysis, Spread } from './analysis.js';
import type { Trials } from './columns.js';
import { spreadOf } from './distribution.js';
import { driftOf } from './drift.js';
import { notOurs } from './ownership.js';

const NEVER_OPENED = 'the model was never opened';
const NOT_ENDED = 'the session ended before its peak was read';

export interface ModelRecords {
  readonly sessions: readonly SessionRecord[];
  readonly ends: readonly SessionEndRecord[];
  readonly failures: readonly ModelFailedRecord[];
  /** The model's trials, task by task. */
  readonly trials: readonly Trials[];
}

export function analyseModel(model: Model, { sessions, ends, failures, trials }: ModelRecords): ModelAnalysis {
  const never = failures[0]?.reason ?? NEVER_OPENED;
  const facts = sessions.at(-1)?.facts ?? null;
  const foreign = notOurs(facts, model);
  const readings = (of: (session: SessionRecord) => MemoryReading) =>
    foreign === null ? memoryOf(sessions.map(of), never) : unreadable(foreign);
  const drift = driftOf(trials);
  return {
    id: model.id,
    title: model.title ?? model.id,
    class: classOf(model),
    entry: model,
    sessions: sessions.length,
    metrics: metricsOf(readingsOf(sessions, ends, foreign), never),
    memory: {
      baseline: readings(({ memory }) => memory.baseline),
      loaded: readings(({ memory }) => memory.loaded),
      peak:
        foreign === null
          ? memoryOf(
              ends.map(({ memory }) => memory.peak),
              sessions.length > 0 ? NOT_ENDED : never,
            )
          : unreadable(foreign),
    },
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
      ...driftWarnings(drift),
    ],
  };
}

function unreadable(why: Missing): Record<keyof MemoryReading, Missing> {
  return { resident: why, anonymous: why, fileMapped: why, gpu: why };
}

function memoryOf(readings: readonly MemoryReading[], reason: string): MemorySpread {
  const of = (part: keyof MemoryReading) =>
    spreadOfQuantities(
      readings.map((reading) => reading[part]),
      reason,
    );
  return { resident: of('resident'), anonymous: of('anonymous'), fileMapped: of('fileMapped'), gpu: of('gpu') };
}

/** @param foreign Why the readings belong to another process; null where they are those of the model. */
function readingsOf(
  sessions: readonly SessionRecord[],
  ends: readonly SessionEndRecord[],
  foreign: Missing | null,
): SessionReadings[] {
  return sessions.map(({ session, load, firstRequest, memory }) => {
    if (foreign !== null) return { load: foreign, firstRequest, baseline: unreadable(foreign), peak: foreign };
    const end = ends.find((one) => one.session === session);
    return { load, firstRequest, baseline: memory.baseline, peak: end?.memory.peak ?? missing(NOT_ENDED) };
  });
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
      what: 'neither its class nor its number of parameters is known, so it is compared with nothing',
      remedy: 'add `class` or `parameters` to its entry in models.json',
    },
  ];
}

/** An event loop that was later than this has stamped tokens late. */
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
  // Tokens are stamped in the worker; a late runner asks for the next trial later, and no figure holds that.
  const delays = ends.flatMap(({ loopDelay }) => (isMissing(loopDelay.worker) ? [] : [loopDelay.worker.value]));
  const worst = Math.max(0, ...delays);
  if (worst > LATE) {
    warnings.push({
      what: `the event loop was late by ${Math.round(worst * 1000)} ms (99th percentile): token times may be that late`,
      remedy: 'use fewer threads than cores, and stop other programs',
    });
  }
  return warnings;
}

/** A trend that chance would show once in a hundred runs, and that is large enough to matter. */
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

function times(n: number): string {
  return n === 1 ? 'once' : `${n} times`;
}
