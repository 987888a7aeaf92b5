/**
 * Non-inferiority that may be judged after every item. One stops as soon as it is decided, and the claim is still wrong at most
 * alpha of the time. It takes some more items than a plan with the right n, and far fewer where the models are far apart.
 *
 * Items must come in random order. Items in clusters are observed as cluster means, with one look for each cluster.
 */

import { expectProbability } from '../basics/expect.js';
import { type Decision, decideByInterval } from '../compare/noninferiority.js';
import type { Estimate } from '../estimate/estimate.js';
import { differenceToUnit, intervalOfDifference, startBettingSequence } from './betting-sequence.js';

export interface SequentialOptions {
  readonly margin: number;
  /** One-sided; the default is 0.05. */
  readonly alpha?: number;
  /** Size of the test set when it is asked without replacement; the verdict is then about that set. */
  readonly populationSize?: number;
}

export interface SequentialLook {
  /** candidate - reference, with its interval at 1 - 2 alpha over all looks together. */
  readonly difference: Estimate;
  /** A decision stays: later items can only confirm it. */
  readonly decision: Decision;
}

export interface SequentialNonInferiority {
  /** One more item's scores, both in [0, 1]. */
  observe(candidate: number, reference: number): SequentialLook;
}

export function startSequentialNonInferiority(options: SequentialOptions): SequentialNonInferiority {
  const { margin, alpha = 0.05, populationSize } = options;
  expectProbability('margin', margin);
  if (!(alpha > 0 && alpha < 0.5)) throw new RangeError(`Expected \`alpha\` to lie between 0 and 0.5, got ${alpha}`);
  const confidence = 1 - 2 * alpha;
  const sequence = startBettingSequence({ confidence, ...(populationSize !== undefined && { populationSize }) });
  let [n, total] = [0, 0];
  return {
    observe(candidate, reference) {
      expectProbability('candidate', candidate);
      expectProbability('reference', reference);
      n++;
      total += candidate - reference;
      // The sequence keeps its tightest bounds, so a decision stays.
      const interval = intervalOfDifference(sequence.observe(differenceToUnit(candidate - reference)));
      return {
        difference: { value: total / n, ...interval, n, confidence, method: 'betting-sequence', warnings: [] },
        decision: decideByInterval(interval, margin),
      };
    },
  };
}
