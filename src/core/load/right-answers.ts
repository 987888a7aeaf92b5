/**
 * How well a model answers under load. Right answers are the sum of the deciding scores; a request that failed or timed out is wrong. The
 * cost of a thousand right answers is the cost of all requests / right x 1000. Quality is clustered by sample: under load the same
 * sample may be asked many times, and its answers are alike.
 */
import type { Price } from '../measure/metric.js';
import { isMissing, type Missing, missing } from '../quantity.js';
import { sum } from '../stats/basics/moments.js';
import type { Estimate } from '../stats/estimate/estimate.js';
import { estimateScore, NOT_NEGATIVE } from '../stats/estimate/estimators.js';
import { estimatePerSecond } from './per-second.js';
import { estimateRatioOfSums } from './ratio-of-sums.js';
import type { StepRequest } from './request.js';
import type { Window } from './window.js';

export interface RightAnswers {
  /** The mean score of all requests, with an interval that is clustered by sample. */
  readonly quality: Estimate | Missing;
  readonly samples: number;
  /** Right answers per second that met every objective. */
  readonly goodput: Estimate | Missing;
  /** Dollars. */
  readonly costOfThousand: Estimate | Missing;
}

/** Above this share of answers without a score there is no figure: it would hold for the scored ones only. */
const MOST_UNSCORED = 0.05;

export function rightAnswersOf(
  requests: readonly StepRequest[],
  {
    window,
    meets,
    price = missing('the model has no price'),
    spoilt,
  }: {
    readonly window: Window;
    readonly meets: (request: StepRequest) => boolean | Missing;
    readonly price?: Price | Missing | undefined;
    readonly spoilt: Missing | null;
  },
): RightAnswers {
  const scored = requests.flatMap((request) => {
    const score = scoreOf(request);
    return score === null ? [] : [{ request, score }];
  });
  const samples = new Set(scored.map(({ request }) => sampleOf(request))).size;
  const unscored = requests.length - scored.length;
  const absent =
    spoilt ??
    (unscored === requests.length
      ? missing('the answers were not scored')
      : unscored > MOST_UNSCORED * requests.length
        ? missing(`${unscored} of ${requests.length} answers have no score`)
        : null);
  if (absent !== null) return { quality: absent, samples, goodput: absent, costOfThousand: absent };
  const unknown = scored.map(({ request }) => meets(request)).find((met) => typeof met !== 'boolean');
  return {
    quality: estimateScore(
      scored.map(({ score }) => score),
      { clusters: scored.map(({ request }) => sampleOf(request)) },
    ),
    samples,
    goodput:
      unknown ??
      estimatePerSecond(requests, window, (request) => (meets(request) === true ? (scoreOf(request) ?? 0) : 0)),
    costOfThousand: costOfThousand(requests, price),
  };
}

/** Null where an answer came and was not scored. */
function scoreOf({ outcome, score }: StepRequest): number | null {
  return score ?? (outcome === 'completed' ? null : 0);
}

/** `suite/task/sample` */
export function sampleOf({ task, sample }: Pick<StepRequest, 'task' | 'sample'>): string {
  return `${task}/${sample}`;
}

/**
 * A request that failed is not charged for. One that timed out was answered in part, and nobody counted how much of it. The interval is that of
 * right answers for a dollar: their number is less sure than the cost.
 */
function costOfThousand(requests: readonly StepRequest[], price: Price | Missing): Estimate | Missing {
  if (isMissing(price)) return price;
  const right = sum(requests.map((request) => scoreOf(request) ?? 0));
  if (right === 0) return missing('no answer was right');
  const late = requests.filter(({ outcome }) => outcome === 'timed-out').length;
  if (late > 0) return missing(`what ${late} of ${requests.length} requests cost that timed out is not known`);
  const terms = [];
  for (const request of requests) {
    const dollars = request.outcome === 'completed' ? dollarsOf(request, price) : 0;
    if (typeof dollars !== 'number') return dollars;
    terms.push({ sample: sampleOf(request), above: scoreOf(request) ?? 0, below: dollars });
  }
  const dollars = sum(terms.map(({ below }) => below));
  const value = costOfThousandRight(dollars, right);
  if (dollars === 0) {
    return { value, low: 0, high: 0, n: requests.length, confidence: 0.95, method: 'all-values-equal', warnings: [] };
  }
  const perDollar = estimateRatioOfSums(terms, NOT_NEGATIVE);
  if (isMissing(perDollar)) return perDollar;
  if (perDollar.low === 0) return missing('too few answers were right to say what a thousand cost at most');
  const { standardError: _ofTheOther, ...rest } = perDollar;
  return { ...rest, value, low: 1000 / perDollar.high, high: 1000 / perDollar.low };
}
function dollarsOf({ promptTokens, outputTokens }: StepRequest, price: Price): number | Missing {
  if (isMissing(promptTokens)) return promptTokens;
  if (isMissing(outputTokens)) return outputTokens;
  return (promptTokens.value * price.input + outputTokens.value * price.output) / 1e6;
}

/** The cost of a thousand right answers, if `dollars` paid for requests with `right` right answers. */
export function costOfThousandRight(dollars: number, right: number): number {
  return (dollars / right) * 1000;
}
