/** Session records to what is known of a model as a whole: loading, the first request, memory, crashes. */
import { classOf, type Model } from '../definition/model.js';
import type { SessionEndRecord, SessionRecord, Warning } from '../measure/log.js';
import type { MemoryReading } from '../measure/measurement.js';
import { isMissing, type Missing, missing, type Quantity } from '../measure/quantity.js';
import type { MemorySpread, ModelAnalysis, Spread } from './analysis.js';
import { spreadOf } from './distribution.js';

const NEVER_OPENED = 'the model was never opened';
const NOT_ENDED = 'the session ended before its peak was read';

export function analyseModel(
  model: Model,
  sessions: readonly SessionRecord[],
  ends: readonly SessionEndRecord[],
): ModelAnalysis {
  const baseline = memoryOf(
    sessions.map(({ memory }) => memory.baseline),
    NEVER_OPENED,
  );
  const peak = memoryOf(
    ends.map(({ memory }) => memory.peak),
    sessions.length > 0 ? NOT_ENDED : NEVER_OPENED,
  );
  return {
    id: model.id,
    title: model.title ?? model.id,
    class: classOf(model),
    entry: model,
    sessions: sessions.length,
    load: spreadOfQuantities(
      sessions.map(({ load }) => load),
      NEVER_OPENED,
    ),
    firstRequest: spreadOfQuantities(
      sessions.map(({ firstRequest }) => firstRequest),
      NEVER_OPENED,
    ),
    memory: {
      baseline,
      loaded: memoryOf(
        sessions.map(({ memory }) => memory.loaded),
        NEVER_OPENED,
      ),
      peak,
      added: addedOf(sessions, ends),
    },
    facts: sessions.at(-1)?.facts ?? null,
    crashes: ends.flatMap(({ crash }) => (crash === undefined ? [] : [crash])),
    warnings: [...unclassified(model), ...warningsOf(sessions, ends)],
  };
}

function memoryOf(readings: readonly MemoryReading[], reason: string): MemorySpread {
  const of = (part: keyof MemoryReading) =>
    spreadOfQuantities(
      readings.map((reading) => reading[part]),
      reason,
    );
  return { resident: of('resident'), anonymous: of('anonymous'), fileMapped: of('fileMapped'), gpu: of('gpu') };
}

function addedOf(sessions: readonly SessionRecord[], ends: readonly SessionEndRecord[]): Spread | Missing {
  const added = sessions.flatMap((session) => {
    const end = ends.find((one) => one.session === session.session);
    if (end === undefined) return [];
    const [before, peak] = [session.memory.baseline.resident, end.memory.peak.resident];
    return [isMissing(before) ? before : isMissing(peak) ? peak : { value: peak.value - before.value }];
  });
  return spreadOfQuantities(added, sessions.length > 0 ? NOT_ENDED : NEVER_OPENED);
}

/** The known ones; where none is known, the first reason. */
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
  const delays = ends.flatMap(({ loopDelay }) => (isMissing(loopDelay.runner) ? [] : [loopDelay.runner.value]));
  const worst = Math.max(0, ...delays);
  if (worst > LATE) {
    warnings.push({
      what: `the event loop was late by ${Math.round(worst * 1000)} ms (99th percentile): token times may be that late`,
      remedy: 'use fewer threads than cores, and stop other programs',
    });
  }
  return warnings;
}

function times(n: number): string {
  return n === 1 ? 'once' : `${n} times`;
}
