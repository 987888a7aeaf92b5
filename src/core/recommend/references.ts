/** Which LLM each SLM is held against. It is settled before anything is compared. */
import { type Analysis, cellOf, type SuiteAnalysis } from '../analyse/analysis.js';
import { isMissing } from '../quantity.js';
import { tasksOfQuality } from '../score/safety.js';
import { mean } from '../stats/basics/moments.js';
import type { Reference } from './comparison.js';

/**
 * The LLM that each SLM is held against: the one of the same variant (`big:q4` for `small:q4`, so that the engine and the
 * quantisation are not what is compared), else the LLM with the highest mean quality over the tasks of the suite. The best
 * of several looks a little better than it is, which makes the comparison stricter, never laxer.
 */
export function chooseReferences(analysis: Analysis, suite: SuiteAnalysis): Reference[] {
  const wasRun = (model: string) =>
    suite.tasks.some((task) => task.cells.some((cell) => cell.model === model && !isMissing(cell.quality)));
  const of = (wanted: 'slm' | 'llm') =>
    analysis.models.filter((model) => model.class === wanted && wasRun(model.id)).map(({ id }) => id);
  const large = of('llm');
  const best = [...large].sort((a, b) => meanQuality(suite, b) - meanQuality(suite, a) || (a < b ? -1 : 1))[0];
  if (best === undefined) return [];
  return of('slm').map((candidate): Reference => {
    const variant = variantOf(candidate);
    const same = variant === null ? undefined : large.filter((id) => variantOf(id) === variant);
    if (same?.length === 1 && large.length > 1) return { candidate, reference: same[0]!, why: 'the same variant' };
    return {
      candidate,
      reference: best,
      why: large.length === 1 ? 'the only LLM of the run' : 'the best LLM of the run',
    };
  });
}

function variantOf(id: string): string | null {
  const at = id.indexOf(':');
  return at < 0 ? null : id.slice(at + 1);
}

/** Over the tasks that were measured; a model that skipped a hard task must not win by it, so a skipped task counts 0. */
function meanQuality(suite: SuiteAnalysis, model: string): number {
  return mean(
    tasksOfQuality(suite.tasks).map((task) => {
      const quality = cellOf(task, model).quality;
      return isMissing(quality) ? 0 : quality.value;
    }),
  );
}

/**
 * Comparisons that may come to be made: of an SLM with the LLM of its variant, or with every LLM, since which is the best is
 * not known before the end.
 */
export function plannedPairs({ models }: Analysis, { tasks }: SuiteAnalysis): number {
  const of = (wanted: 'slm' | 'llm') => models.filter((model) => model.class === wanted).map(({ id }) => id);
  const large = of('llm');
  const pairs = of('slm').map((candidate) => {
    const variant = variantOf(candidate);
    const same = variant === null ? [] : large.filter((id) => variantOf(id) === variant);
    return same.length === 1 ? 1 : large.length;
  });
  return Math.max(1, tasks.length * pairs.reduce((sum, n) => sum + n, 0));
}
