/**
 * TTFT as a function of the length of the prompt. A median TTFT belongs to the prompts that were measured; this line tells what other
 * lengths would take:
 *
 *     TTFT = fixed + seconds per token x prompt tokens
 *
 * It is estimated over samples, each with the means of its repetitions, and samples of one group are a cluster. It means something only
 * for requests that ran alone, and only if every prompt was read whole.
 */
import { type Condition, isAlone } from '../definition/condition.js';
import { isMissing, type Missing, missing } from '../quantity.js';
import { clampInterval } from '../stats/basics/interval.js';
import { mean } from '../stats/basics/moments.js';
import { clusterIndices } from '../stats/estimate/clusters.js';
import type { Estimate } from '../stats/estimate/estimate.js';
import { NOT_NEGATIVE } from '../stats/estimate/estimators.js';
import { estimateLine } from '../stats/estimate/regression.js';
import { type Trend, testTrend } from '../stats/estimate/trend.js';
import type { SampleInfo, SampleResult, TtftLine } from './analysis.js';
import { SHARED } from './trial-result.js';

export interface TtftLineInput {
  readonly samples: readonly SampleInfo[];
  /** The results in the order of the samples. */
  readonly results: readonly (SampleResult | null)[];
  /** Prompt tokens that were not read, because a server had them in its cache. */
  readonly cachedTokens: number;
  readonly condition: Condition;
}

export function ttftLineOf(inputs: readonly TtftLineInput[]): TtftLine | Missing {
  if (inputs.some(({ condition }) => !isAlone(condition))) return missing(SHARED);
  if (inputs.some(({ cachedTokens }) => cachedTokens > 0)) return missing('some prompts were not read whole');
  const points = pointsOf(inputs);
  const { tokens, seconds, clusters } = points;
  if (tokens.length === 0) return missing('no TTFT is known together with the length of its prompt');
  const line = estimateLine(tokens, seconds, { clusters });
  if (isMissing(line)) return line;
  const at = (tokens: number) => ({ tokens, seconds: line.intercept.value + line.slope.value * tokens });
  return {
    n: tokens.length,
    fixed: notNegative(line.intercept),
    rate: inverse(line.slope),
    trend: trendOf(points),
    shortest: at(tokens.reduce((a, b) => Math.min(a, b))),
    longest: at(tokens.reduce((a, b) => Math.max(a, b))),
  };
}

function notNegative(intercept: Estimate): Estimate | Missing {
  if (intercept.value < 0) return missing('the line falls below no time at all before it reaches an empty prompt');
  return { ...intercept, ...clampInterval(intercept, NOT_NEGATIVE) };
}

/** In columns: a run may have a hundred thousand points. */
interface Points {
  readonly tokens: readonly number[];
  readonly seconds: readonly number[];
  /** The samples of a group share one. */
  readonly clusters: readonly number[];
}

function pointsOf(inputs: readonly TtftLineInput[]): Points {
  const [tokens, seconds, clusters]: [number[], number[], number[]] = [[], [], []];
  let known = 0;
  for (const { samples, results } of inputs) {
    const clusterOf = new Map<string, number>();
    samples.forEach(({ group }, i) => {
      const { ttft, promptTokens } = results[i]?.timings ?? {};
      if (ttft === undefined || promptTokens === undefined) return;
      const cluster = (group === null ? undefined : clusterOf.get(group)) ?? known++;
      if (group !== null) clusterOf.set(group, cluster);
      tokens.push(promptTokens);
      seconds.push(ttft);
      clusters.push(cluster);
    });
  }
  return { tokens, seconds, clusters };
}

/** More steps show a trend no better, and each pair of them is compared. */
const MOST_STEPS = 100;

/**
 * Mann and Kendall's test over the clusters, from the shortest prompts to the longest. The interval of the slope is too narrow where a
 * few long prompts decide it. This test only needs that flat times come in any order with the same chance, so it also holds far below
 * 5%, where one of many lines is looked at.
 */
function trendOf({ tokens, seconds, clusters }: Points): Trend | Missing {
  const means = clusterIndices(clusters).map((members) => ({
    tokens: meanAt(members, tokens),
    seconds: meanAt(members, seconds),
  }));
  const ordered = means.sort((a, b) => a.tokens - b.tokens).map((one) => one.seconds);
  const steps = Math.min(MOST_STEPS, ordered.length);
  const edge = (step: number) => Math.round((step * ordered.length) / steps);
  return testTrend(Array.from({ length: steps }, (_, i) => mean(ordered.slice(edge(i), edge(i + 1)))));
}

function meanAt(places: readonly number[], values: readonly number[]): number {
  return places.reduce((total, place) => total + values[place]!, 0) / places.length;
}

/** The ends of the interval change places. */
function inverse(estimate: Estimate): Estimate | Missing {
  const { value, low, high, standardError: _, ...rest } = estimate;
  if (low <= 0) return missing('longer prompts did not take longer beyond doubt');
  return { ...rest, value: 1 / value, low: 1 / high, high: 1 / low };
}
