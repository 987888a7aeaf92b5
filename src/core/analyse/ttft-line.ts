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
  if (points.length === 0) return missing('no TTFT is known together with the length of its prompt');
  const tokens = points.map((point) => point.tokens);
  const line = estimateLine(
    tokens,
    points.map(({ seconds }) => seconds),
    { clusters: points.map(({ cluster }) => cluster) },
  );
  if (isMissing(line)) return line;
  const at = (tokens: number) => ({ tokens, seconds: line.intercept.value + line.slope.value * tokens });
  return {
    n: points.length,
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

interface Point {
  readonly tokens: number;
  readonly seconds: number;
  /** The samples of a group share it. */
  readonly cluster: number;
}

function pointsOf(inputs: readonly TtftLineInput[]): readonly Point[] {
  const points: Point[] = [];
  let clusters = 0;
  for (const { samples, results } of inputs) {
    const clusterOf = new Map<string, number>();
    samples.forEach(({ group }, i) => {
      const { ttft, promptTokens } = results[i]?.timings ?? {};
      if (ttft === undefined || promptTokens === undefined) return;
      const cluster = (group === null ? undefined : clusterOf.get(group)) ?? clusters++;
      if (group !== null) clusterOf.set(group, cluster);
      points.push({ tokens: promptTokens, seconds: ttft, cluster });
    });
  }
  return points;
}

/** More steps show a trend no better, and each pair of them is compared. */
const MOST_STEPS = 100;

/**
 * Mann and Kendall's test over the clusters, from the shortest prompts to the longest. The interval of the slope is too narrow where a
 * few long prompts decide it. This test only needs that flat times come in any order with the same chance, so it also holds far below
 * 5%, where one of many lines is looked at.
 */
function trendOf(points: readonly Point[]): Trend | Missing {
  const clusters = clusterIndices(points.map(({ cluster }) => cluster)).map((members) => ({
    tokens: mean(members.map((i) => points[i]!.tokens)),
    seconds: mean(members.map((i) => points[i]!.seconds)),
  }));
  const ordered = clusters.sort((a, b) => a.tokens - b.tokens).map(({ seconds }) => seconds);
  const steps = Math.min(MOST_STEPS, ordered.length);
  const edge = (step: number) => Math.round((step * ordered.length) / steps);
  return testTrend(Array.from({ length: steps }, (_, i) => mean(ordered.slice(edge(i), edge(i + 1)))));
}

/** The ends of the interval change places. */
function inverse(estimate: Estimate): Estimate | Missing {
  const { value, low, high, standardError: _, ...rest } = estimate;
  if (low <= 0) return missing('longer prompts did not take longer beyond doubt');
  return { ...rest, value: 1 / value, low: 1 / high, high: 1 / low };
}
