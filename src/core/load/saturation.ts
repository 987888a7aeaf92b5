/**
 * Does the server keep up? If requests come faster than they are answered, more and more are under way and each waits longer.
 *
 *     stable       neither requests under way nor TTFT rises
 *     backlogged   one of the two rises: a queue builds up, or it is about to
 *     overloaded   both rise, and each ends at twice what it began with or more: a longer step would only show a longer queue
 *
 * A server is empty before its first request, so the number under way rises until the first answer ends, whatever it does. Requests that were
 * due before say nothing of a trend.
 *
 * Both slopes must be significant, as in GuideLLM's constraint on over-saturation (guidellm, `over_saturation`). GuideLLM takes values
 * for independent; queues are not, so the slopes here are tested by Mann and Kendall with the correction of Hamed and Rao. The names
 * are those of BLIS (inference-sim).
 */
import { type Condition, isSteadyRate } from '../definition/condition.js';
import { isMissing } from '../quantity.js';
import { mean, type Values } from '../stats/basics/moments.js';
import { testSerialTrend } from '../stats/estimate/serial-trend.js';
import type { StepRequest } from './request.js';
import { underWayBefore, underWayOf } from './under-way.js';

export type Saturation = 'stable' | 'backlogged' | 'overloaded';

/** One-sided. A step is looked at often, and to end it early by mistake costs the step. */
const LEVEL = 0.005;
/** A step is overloaded if a value grows by this factor from the first fifth to the last. */
const GROWTH = 2;
const BLOCKS = 20;
/** Fewer requests show no slope. */
const LEAST_REQUESTS = 60;

/**
 * @param requests While a step runs: the requests that were due before the first without a token. Later ones have waited less so far.
 * @param now Seconds since the step began. A request without a first token has waited until now at least.
 */
export function saturationOf(
  requests: readonly Pick<StepRequest, 'due' | 'sent' | 'first' | 'end'>[],
  now: number = Number.POSITIVE_INFINITY,
): Saturation {
  if (requests.length < LEAST_REQUESTS) return 'stable';
  const ordered = requests.toSorted((a, b) => a.due - b.due);
  const filled = ordered.reduce((least, { end }) => Math.min(least, end), Number.POSITIVE_INFINITY);
  const shown = ordered.filter(({ due }) => due >= filled);
  if (shown.length < BLOCKS) return 'stable';
  const due = Float64Array.from(shown, (request) => request.due);
  const waits = Float64Array.from(shown, ({ due, first, end }) => (first ?? Math.min(now, end)) - due);
  const underWay = Float64Array.from(underWayBefore(underWayOf(ordered, 'due'), due));
  const rises = [underWay, waits].map((values) => risesOf(blockMeans(values)));
  if (rises.every(({ doubles }) => doubles)) return 'overloaded';
  return rises.some(({ significant }) => significant) ? 'backlogged' : 'stable';
}

/** A step that goes on. Times are seconds since it began. */
export interface Going {
  readonly condition: Condition;
  readonly seconds: number;
  /** The requests that ended. */
  readonly requests: readonly Pick<StepRequest, 'due' | 'sent' | 'first' | 'end'>[];
  /** Every request that was due before this time is among them. */
  readonly settled: number;
}

/**
 * Whether a step that goes on is overloaded, so that it need not go on. Whoever waits for an answer cannot overload a server for ever. Of a
 * trace, or a rate that changes, a queue may be what it is for, and may empty again: it goes on while no one has waited as long as
 * `longestWait`.
 * @param longestWait The longest wait that any objective allows, in seconds; 0 where none limits a wait.
 */
export function isHopeless({ condition, seconds, requests, settled }: Going, longestWait: number): boolean {
  if (condition.kind === 'closed' || condition.kind === 'users') return false;
  const waited = seconds - settled;
  if (!isSteadyRate(condition) && (longestWait === 0 || waited <= longestWait)) return false;
  return (
    saturationOf(
      requests.filter(({ due }) => due < settled),
      seconds,
    ) === 'overloaded'
  );
}

function risesOf(blocks: readonly number[]): { readonly significant: boolean; readonly doubles: boolean } {
  const trend = testSerialTrend(blocks);
  const significant = !isMissing(trend) && trend.risesP < LEVEL;
  const fifth = Math.max(1, Math.floor(blocks.length / 5));
  const [first, last] = [mean(blocks.slice(0, fifth)), mean(blocks.slice(-fifth))];
  return { significant, doubles: significant && last >= GROWTH * first };
}

function blockMeans(values: Values): number[] {
  const size = Math.floor(values.length / BLOCKS);
  return Array.from({ length: BLOCKS }, (_, i) => mean(values.slice(i * size, (i + 1) * size)));
}
