/**
 * How well a model answers under load. Right answers are the sum of the deciding scores; a request that failed or timed out is wrong. The
 * cost of a thousand right answers is the cost of all requests / right x 1000. Quality is clustered by sample: under load the same
 * sample may be asked many times, and its answers are alike.
 */
import type { Price } from '../measure/metric.js';
import { isMissing, known, type Missing, missing, type Quantity } from '../quantity.js';
import { sum } from '../stats/basics/moments.js';
import type { Estimate } from '../stats/estimate/estimate.js';
import { estimateScore } from '../stats/estimate/estimators.js';
import type { StepRequest } from './request.js';

export interface RightAnswers {
  /** The mean score of all requests, with an interval that is clustered by sample. */
  readonly quality: Estimate | Missing;
  readonly samples: number;
  /** Right answers per second that met every objective. */
  readonly goodput: Quantity;
  /** Dollars. */
  readonly costOfThousand: Quantity;
}

/** Above this share of answers without a score there is no figure: it would hold for the scored ones only. */
const MOST_UNSCORED = 0.05;

export function rightAnswersOf(
  requests: readonly StepRequest[],
  {
    seconds,
    meets,
    price = missing('the model has no price'),
    spoilt,
  }: {
    readonly seconds: number;
    readonly meets: (request: StepRequest) => boolean;
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
  const right = sum(scored.map(({ score }) => score));
  const inTime = scored.filter(({ request }) => meets(request));
  return {
    quality: estimateScore(
      scored.map(({ score }) => score),
      { clusters: scored.map(({ request }) => sampleOf(request)) },
    ),
    samples,
    goodput: known(sum(inTime.map(({ score }) => score)) / seconds),
    costOfThousand: costOfThousand(requests, { price, right }),
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

/** A request that failed is not charged for. One that timed out was answered in part, and nobody counted how much of it. */
function costOfThousand(
  requests: readonly StepRequest[],
  { price, right }: { readonly price: Price | Missing; readonly right: number },
): Quantity {
  if (isMissing(price)) return price;
  if (right === 0) return missing('no answer was right');
  const late = requests.filter(({ outcome }) => outcome === 'timed-out').length;
  if (late > 0) return missing(`what ${late} of ${requests.length} requests cost that timed out is not known`);
  const dollars: number[] = [];
  for (const { outcome, promptTokens, outputTokens } of requests) {
    if (outcome !== 'completed') continue;
    if (isMissing(promptTokens)) return promptTokens;
    if (isMissing(outputTokens)) return outputTokens;
    dollars.push((promptTokens.value * price.input + outputTokens.value * price.output) / 1e6);
  }
  return known(costOfThousandRight(sum(dollars), right));
}

/** The cost of a thousand right answers, if `dollars` paid for requests with `right` right answers. */
export function costOfThousandRight(dollars: number, right: number): number {
  return (dollars / right) * 1000;
}
