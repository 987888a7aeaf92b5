/**
 * The cost of a suite on each model, with intervals: from the price of its API, or from the price of the machine of the run
 * and the time that the answers took. The unit is a thousand requests, or a million tokens in the suite's mix of prompts and
 * answers.
 */
import type { SuiteAnalysis } from '../../analyse/analysis.js';
import { estimateAt } from '../../analyse/distribution.js';
import { isMissing, type Missing, missing } from '../../quantity.js';
import type { SuiteRecommendation } from '../../recommend/recommendation.js';
import { clampInterval } from '../../stats/basics/interval.js';
import { mean } from '../../stats/basics/moments.js';
import type { Estimate } from '../../stats/estimate/estimate.js';
import { estimateMean, NOT_NEGATIVE } from '../../stats/estimate/estimators.js';

export type CostUnit = 'thousandRequests' | 'millionTokens';

interface Request {
  readonly dollars: number;
  /** Tokens of the prompt and of the answer. */
  readonly tokens: number;
  readonly cluster: string;
}

export function costOf(
  suite: SuiteAnalysis,
  { machineCosts }: SuiteRecommendation,
  model: number,
  unit: CostUnit,
): Estimate | Missing {
  const { model: id, metrics } = suite.overall[model]!;
  const machine = isMissing(machineCosts) ? undefined : machineCosts.find((cost) => cost.model === id);
  const seconds = estimateAt(metrics.e2e, 'mean');
  const perSecond =
    machine === undefined || isMissing(seconds) ? null : machine.thousandRequests / 1000 / seconds.value;
  const requests = requestsOf(suite, model, perSecond);
  if (requests.length === 0) return isMissing(metrics.cost) ? metrics.cost : missing('its tokens were not counted');
  return unit === 'thousandRequests' ? perThousand(requests) : perMillion(requests);
}

function perThousand(requests: readonly Request[]): Estimate | Missing {
  return estimateMean(
    requests.map(({ dollars }) => dollars * 1000),
    { clusters: requests.map(({ cluster }) => cluster), bounds: NOT_NEGATIVE },
  );
}

/**
 * All dollars over all tokens, which is a ratio of two means. The interval is that of the mean of
 * `r + (dollars - r tokens) / mean(tokens)`: the linear part of the ratio r (Cochran 1977, Sampling Techniques, chapter 6).
 */
function perMillion(requests: readonly Request[]): Estimate | Missing {
  const tokens = mean(requests.map((request) => request.tokens));
  const ratio = mean(requests.map(({ dollars }) => dollars)) / tokens;
  const estimate = estimateMean(
    requests.map((request) => (ratio + (request.dollars - ratio * request.tokens) / tokens) * 1e6),
    { clusters: requests.map(({ cluster }) => cluster) },
  );
  return isMissing(estimate) ? estimate : { ...estimate, ...clampInterval(estimate, NOT_NEGATIVE) };
}

/** `perSecond` is the price of the machine; null if its price is not known. */
function requestsOf({ tasks }: SuiteAnalysis, model: number, perSecond: number | null): Request[] {
  return tasks.flatMap(({ name, samples, cells }) =>
    cells[model]!.results.flatMap((result, i): Request[] => {
      const { cost, e2e, promptTokens, outputTokens } = result?.timings ?? {};
      const dollars =
        cost !== undefined ? cost / 1000 : e2e !== undefined && perSecond !== null ? e2e * perSecond : null;
      if (dollars === null || promptTokens === undefined || outputTokens === undefined) return [];
      const { id, group } = samples[i]!;
      return [{ dollars, tokens: promptTokens + outputTokens, cluster: `${name}/${group ?? id}` }];
    }),
  );
}
