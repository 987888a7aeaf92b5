/** The machine of a run or a load test: one stream by its own answers, and the engine that they calibrate. */
import type { SessionFacts } from '../../log/log.js';
import { isMissing, type Missing, missing } from '../../quantity.js';
import { measuredPrediction, type Prediction } from '../predict.js';
import type { BatchTime } from '../simulate/batch-times.js';
import { LEAST_ANSWERS, type MeasuredTimes, measuredTimes, type SingleStream } from '../simulate/measured-times.js';
import { llamaServer } from '../simulate/scheduler.js';
import type { Lengths } from '../step/workload.js';
import { type Engine, measuredEngine } from './engine.js';

export interface MeasuredStreams {
  readonly model: string;
  /** The name of the machine in the catalogue, or `this machine`. */
  readonly device: string;
  readonly facts: SessionFacts | null;
  readonly streams: readonly SingleStream[];
  /** Steps of several sequences, of a load test. */
  readonly batches?: readonly BatchTime[];
}

/** @returns A prediction without figures where too few answers had the machine for themselves. */
export function streamHere({ model, device, facts, streams }: MeasuredStreams, lengths: Lengths): Prediction {
  const place = { model, device, engine: facts?.engine ?? 'unknown' };
  const times = timesHere(streams);
  return isMissing(times)
    ? { ...place, memory: times, ttft: times, tpot: times, e2e: times, decodeRate: times }
    : measuredPrediction(place, times, lengths);
}

export interface SlotsHere {
  /** Requests that the engine answers at once, and tokens of one of them, as the user says; without them, as the server told. */
  readonly slots?: number | undefined;
  readonly given?: number | undefined;
  /** Tokens of one request where neither says. */
  readonly context: number;
}

export function engineHere(
  { facts, streams, batches }: Pick<MeasuredStreams, 'facts' | 'streams' | 'batches'>,
  { slots: asked, given, context }: SlotsHere,
): readonly [Engine] | Missing {
  const slots = asked ?? slotsOf(facts);
  const times = timesHere(streams, batches);
  if (isMissing(times)) return times;
  if (slots === null) return missing('nobody tells how many requests the engine answers at once: add --slots');
  return [measuredEngine(times, llamaServer({ slots, context: given ?? contextOfSlot(facts) ?? context }))];
}

function timesHere(streams: readonly SingleStream[], batches?: readonly BatchTime[]): MeasuredTimes | Missing {
  const useful = streams.filter(({ tpot }) => tpot !== null).length;
  if (useful >= LEAST_ANSWERS) return measuredTimes(streams, batches);
  const long = streams.filter(({ outputTokens }) => outputTokens >= 2).length;
  if (long >= LEAST_ANSWERS)
    return missing(
      `${long} answers had the machine for themselves, and the time per token of ${long - useful} of them is not known: their pieces do not show when each token came`,
    );
  return missing(
    `the run has ${useful} answers of two tokens or more that had the machine for themselves, and ${LEAST_ANSWERS} calibrate it: \`rightsize load -c 1\` measures them`,
  );
}

/** What a server tells of itself; an engine in process answers one request after the other, unless a server would be asked. */
function slotsOf(facts: SessionFacts | null): number | null {
  const told = facts?.settings?.slots;
  if (typeof told === 'number' && Number.isSafeInteger(told) && told >= 1) return told;
  return facts?.server === undefined && facts?.network === 'none' ? 1 : null;
}

function contextOfSlot(facts: SessionFacts | null): number | null {
  const told = facts?.settings?.contextOfSlot;
  return typeof told === 'number' && told >= 1 ? told : null;
}
