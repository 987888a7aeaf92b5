/** Which comparison stands for a task where there is room for one. */
import { isMissing } from '../quantity.js';
import type { Comparison } from '../recommend/comparison.js';
import type { TaskRecommendation } from '../recommend/recommendation.js';

/** The comparison that the verdict rests on; without one, the comparison of the SLM that came closest to fitting. */
export function decisiveComparison({ verdict, comparisons }: TaskRecommendation): Comparison | null {
  if (verdict.kind === 'slm-fits') return verdict.comparison;
  if (verdict.kind === 'inconclusive' && verdict.because.of === 'margin') return verdict.because.comparison;
  if (verdict.kind === 'cascade') {
    const pair = comparisons.find(
      ({ candidate, reference }) => candidate === verdict.small && reference === verdict.large,
    );
    if (pair !== undefined) return pair;
  }
  const p = ({ test }: Comparison) => (isMissing(test) ? 2 : test.nonInferiorP);
  const name = ({ candidate }: Comparison) => candidate;
  return [...comparisons].sort((a, b) => p(a) - p(b) || (name(a) < name(b) ? -1 : 1))[0] ?? null;
}
