/**
 * Comparisons of a run that stops when it is sure. It looks at the data while they come, so its verdicts rest on intervals that
 * hold at every look (../stats/sequential-noninferiority.ts), wherever it stopped; those of a fixed plan would not.
 *
 * The error rate is shared evenly between all pairs and tasks that were planned (Bonferroni): Holm's order is not known while
 * tasks stop one after the other.
 */
import type { SampleInfo } from '../analyse/analysis.js';
import { askingOrder } from '../plan/rounds.js';
import { type Missing, missing } from '../quantity.js';
import { mean } from '../stats/basics/moments.js';
import type { NonInferiority } from '../stats/compare/noninferiority.js';
import { startSequentialNonInferiority } from '../stats/sequential/noninferiority.js';

export interface SequentialPairs {
  /** All samples of the task, whether they were asked or not. */
  readonly planned: readonly SampleInfo[];
  /** Those that both models were scored on, with their scores. */
  readonly samples: readonly SampleInfo[];
  readonly candidate: readonly number[];
  readonly reference: readonly number[];
}

export interface SequentialTestOptions {
  readonly margin: number;
  readonly alpha: number;
  /** Between how many comparisons alpha is shared. */
  readonly comparisons: number;
  readonly seed: number;
  readonly task: string;
}

/** `nonInferiorP` and `inferiorP` are bounds: alpha's share where that is decided, else 1. */
export function testSequentially(
  { planned, samples, candidate, reference }: SequentialPairs,
  { margin, alpha, comparisons, seed, task }: SequentialTestOptions,
): NonInferiority | Missing {
  const share = alpha / comparisons;
  const scored = new Map(samples.map(({ id }, i) => [id, [candidate[i]!, reference[i]!] as const]));
  const sequence = startSequentialNonInferiority({ margin, alpha: share });
  let look: ReturnType<typeof sequence.observe> | null = null;
  let groups = 0;
  for (const group of askingOrder(planned, { seed, task })) {
    const pairs = group.flatMap(({ id }) => scored.get(id) ?? []).length;
    if (pairs === 0) continue;
    const of = (side: 0 | 1) => mean(group.flatMap(({ id }) => scored.get(id)?.[side] ?? []));
    look = sequence.observe(of(0), of(1));
    groups++;
  }
  if (look === null) return missing('there is no pair of scores');
  const { decision, difference } = look;
  return {
    difference: { ...difference, n: samples.length, ...(groups < samples.length && { clusters: groups }) },
    margin,
    alpha: share,
    nonInferiorP: decision === 'non-inferior' ? share : 1,
    inferiorP: decision === 'inferior' ? share : 1,
    decision,
    itemsToDecide: missing('more samples may tell: how many depends on what they say'),
  };
}
