/** Break-evens that someone could act on: the model in place of another misses no limit, and is not shown to be worse. */
import type { BreakEven } from '../capacity/breakeven.js';
import type { SuiteRecommendation } from '../recommend/recommendation.js';

export function sensibleBreakEvens({ breakEvens, tasks }: SuiteRecommendation): BreakEven[] {
  const isRuledOut = (model: string) =>
    tasks.some(
      ({ checks, comparisons }) =>
        checks.some((one) => one.model === model && one.state === 'fails') ||
        comparisons.some(({ candidate, isOut }) => candidate === model && isOut),
    );
  return breakEvens.filter(({ model, feasible }) => feasible !== false && !isRuledOut(model));
}
