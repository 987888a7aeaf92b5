/**
 * The times of steps from single streams that were measured on the machine itself:
 *
 *     TTFT of a prompt of p tokens = a + c p          (the median slope of Theil and Sen, Sen 1968)
 *     TPOT                         = t
 *
 * A further token in a step computes what a token of a prompt computes, so it costs c, and one pass over the weights costs t - c. Where reading
 * prompts is as slow as decoding, nothing is left for the pass, and a batch gains nothing. From two sequences on, engines multiply matrices in place
 * of a vector, or one vector after another. What that costs a small batch no single stream shows: the usual share of a pass is taken, unless a
 * load test of the machine has steps of several sequences (./batch-times.ts).
 */
import { sorted, sum } from '../../stats/basics/moments.js';
import { median, percentileOfSorted } from '../../stats/estimate/percentiles.js';
import type { BatchTime } from './batch-times.js';
import type { StepFactors, StepTimes } from './step-times.js';

/** One answer that had the machine for itself. */
export interface SingleStream {
  readonly promptTokens: number;
  /** Tokens of the answer. */
  readonly outputTokens: number;
  /** Seconds; TPOT is absent for an answer of one token. */
  readonly ttft: number;
  readonly tpot: number | null;
}

export interface MeasuredTimes {
  readonly times: StepTimes;
  readonly answers: number;
  /** Standard errors of the logarithms: of TPOT, of the cost of a further token, and of the first token of a usual prompt. */
  readonly errors: StepFactors;
  /** The medians that it rests on, in seconds. */
  readonly tpot: number;
  readonly promptToken: number;
  readonly request: number;
  /** The most sequences of a step that was seen; 1 where what several add is assumed. */
  readonly sequences: number;
}

/** Fewer answers give no times. */
export const LEAST_ANSWERS = 8;

/**
 * @param streams At least `LEAST_ANSWERS`.
 * @param batches Steps of several sequences that were seen.
 * @throws RangeError for fewer answers, or where none has a time between tokens.
 */
export function measuredTimes(streams: readonly SingleStream[], batches: readonly BatchTime[] = []): MeasuredTimes {
  const tpots = streams.flatMap(({ tpot }) => (tpot === null ? [] : [tpot]));
  if (streams.length < LEAST_ANSWERS || tpots.length < LEAST_ANSWERS) {
    throw new RangeError(`Expected at least ${LEAST_ANSWERS} answers of two tokens or more, got ${tpots.length}`);
  }
  const tpot = median(tpots);
  const slope = slopeOf(streams.map(({ promptTokens, ttft }) => [promptTokens, ttft] as const));
  // A token of a prompt costs at most as much as a token that is decoded alone: it shares the pass over the weights with others.
  const promptToken = Math.min(tpot, slope ?? median(streams.map((one) => one.ttft / one.promptTokens)));
  const batch = batchOf(batches, { tpot, promptToken });
  const pass = tpot - batch.sequence;
  const request = Math.max(
    0,
    median(streams.map(({ promptTokens, ttft }) => ttft - promptTokens * promptToken)) - pass,
  );
  const ttfts = streams.map(({ promptTokens, ttft }) => ttft / (request + pass + promptTokens * promptToken));
  const errorOfTtft = errorOfMedian(ttfts);
  return {
    times: {
      pass: () => pass,
      sequence: batch.sequence,
      several: batch.several,
      cached: 0,
      read: (tokens) => tokens * promptToken,
      request,
      shares: { memoryOfPass: 1, computeOfSequence: 1 },
    },
    answers: streams.length,
    errors: { decode: errorOfMedian(tpots), batch: errorOfTtft, prefill: errorOfTtft },
    tpot,
    promptToken,
    request,
    sequences: batch.most,
  };
}

/** What a second sequence adds, as a share of a pass: the median of llama.cpp on a CPU over eleven quantised files (docs/capacity.md). */
const USUAL_SHARE = 0.73;

interface Batch {
  readonly sequence: number;
  readonly several: number;
  /** The most sequences that were seen; 1 where none were. */
  readonly most: number;
}

/**
 * What steps of several sequences add to the time per token of one: `several + sequence x (sequences - 1)`, by least squares over their gaps. Neither
 * is below zero.
 */
function batchOf(
  batches: readonly BatchTime[],
  { tpot, promptToken }: { readonly tpot: number; readonly promptToken: number },
): Batch {
  const seen = batches.flatMap(({ sequences, seconds, gaps }) =>
    sequences > 1 ? [{ further: sequences - 1, added: seconds - tpot, gaps }] : [],
  );
  if (seen.length === 0) return { sequence: promptToken, several: USUAL_SHARE * (tpot - promptToken), most: 1 };
  const over = (value: (step: (typeof seen)[number]) => number) => sum(seen.map((step) => step.gaps * value(step)));
  const most = 1 + Math.max(...seen.map(({ further }) => further));
  const gaps = over(() => 1);
  const [further, added] = [over((step) => step.further) / gaps, over((step) => step.added) / gaps];
  const spread = over((step) => (step.further - further) ** 2);
  const slope = over((step) => (step.further - further) * (step.added - added)) / spread;
  // Steps of one size show no slope.
  const sequence = Math.min(tpot, spread === 0 ? promptToken : Math.max(0, slope));
  const several = added - sequence * further;
  if (several >= 0) return { sequence, several, most };
  const through = over((step) => step.further * step.added) / over((step) => step.further ** 2);
  return { sequence: Math.min(tpot, Math.max(0, through)), several: 0, most };
}

/** The most prompts whose pairs are compared: 200 make 19,900 slopes. */
const MOST_POINTS = 200;

/** The median of the slopes between all pairs of points; null where all prompts are equally long, or longer ones are not slower. */
function slopeOf(points: readonly (readonly [x: number, y: number])[]): number | null {
  const chosen = points.slice(0, MOST_POINTS);
  const slopes = chosen.flatMap(([x, y], i) =>
    chosen.slice(i + 1).flatMap(([x2, y2]) => (x2 === x ? [] : [(y2 - y) / (x2 - x)])),
  );
  if (slopes.length === 0) return null;
  const slope = median(slopes);
  return slope > 0 ? slope : null;
}

/** The standard error of the logarithm of a median: 1.2533 times that of a mean, from the quartiles of the values. */
function errorOfMedian(values: readonly number[]): number {
  const logs = sorted(values.map(Math.log));
  const deviation = (percentileOfSorted(logs, 0.75) - percentileOfSorted(logs, 0.25)) / 1.349;
  return (1.2533 * deviation) / Math.sqrt(values.length);
}
