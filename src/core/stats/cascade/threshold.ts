/**
 * Choosing a threshold and judging it on the same items flatters it (FrugalGPT's own numbers: 1.5 points). Here it is chosen
 * on some groups of items and applied to the others, in turn, so that every item is answered by a rule that never saw it.
 * The pooled answers are what a new service would get, and are compared with the large model's item by item.
 */
import { type Missing, missing } from '../../quantity.js';
import { normalQuantile } from '../basics/distributions.js';
import { expectBetween0And1, expectCount, expectProbability, expectSameLength } from '../basics/expect.js';
import { createRandom, type Seed, shuffle } from '../basics/random.js';
import { type ClusterId, clusterIndices } from '../estimate/clusters.js';
import { type CascadeItems, type DeferralPoint, type DeferralRule, deferralCurve, defers } from './curve.js';

/** Picks one point of a curve. */
export type ThresholdChoice = (curve: readonly DeferralPoint[]) => DeferralRule;

/**
 * The least deferral whose one-sided lower bound, `difference - z se`, lies above -margin: what would pass as non-inferior
 * on the items it is chosen on. Deferring everything always does.
 */
export function cheapestWithin(margin: number, alpha = 0.05): ThresholdChoice {
  expectProbability('margin', margin);
  expectBetween0And1('alpha', alpha);
  const z = normalQuantile(1 - alpha);
  return (curve) => {
    const passing = curve.find((point) => point.difference - z * point.differenceError > -margin);
    return passing ? passing.rule : { always: 'large' };
  };
}

/** The best score among deferral rates up to `rate`; among equals the least deferral. */
export function bestWithinRate(rate: number): ThresholdChoice {
  expectProbability('rate', rate);
  return (curve) => {
    const affordable = curve.filter((point) => point.rate <= rate);
    return affordable.reduce((best, point) => (point.score > best.score + 1e-9 ? point : best)).rule;
  };
}

export interface CrossValidationOptions {
  readonly choose: ThresholdChoice;
  readonly seed: Seed;
  /** 5 unless said otherwise; fewer when there are fewer groups. */
  readonly folds?: number;
  /** Items of one cluster are never on both sides. */
  readonly clusters?: readonly ClusterId[];
}

export interface CrossValidatedCascade {
  /** The rule chosen on all items: the one to deploy, and not the one that was judged. */
  readonly rule: DeferralRule;
  /** The rule of each fold, chosen on the others: how far they differ says how well the threshold is known. */
  readonly foldRules: readonly DeferralRule[];
  /** Out of fold, item by item: 1 where the large model was asked. */
  readonly deferred: readonly number[];
  /** Out of fold, item by item. Compare with `large` by `testNonInferiority`, with the same clusters. */
  readonly scores: readonly number[];
}

/** Missing for fewer than two groups of items. */
export function crossValidateCascade(
  items: CascadeItems,
  options: CrossValidationOptions,
): CrossValidatedCascade | Missing {
  const { choose, seed, folds = 5 } = options;
  expectCount('folds', folds, 2);
  const n = items.confidence.length;
  const clusters = options.clusters ?? items.confidence.map((_, i) => i);
  expectSameLength('clusters', items.confidence, clusters);
  const groups = clusterIndices(clusters);
  if (groups.length < 2)
    return missing(`${groups.length} group of items cannot be split into a part to choose on and a part to judge on`);

  const parts = splitGroups(groups, Math.min(folds, groups.length), seed);
  const deferred = new Array<number>(n).fill(0);
  const scores = [...items.small];
  const foldRules = parts.map((held) => {
    const heldOut = new Set(held);
    const rule = choose(deferralCurve(select(items, (i) => !heldOut.has(i))));
    for (const i of held) {
      if (!defers(rule, items.confidence[i]!)) continue;
      deferred[i] = 1;
      scores[i] = items.large[i]!;
    }
    return rule;
  });
  return { rule: choose(deferralCurve(items)), foldRules, deferred, scores };
}

/** Groups dealt to folds in random order, each to the fold with the fewest items so far. */
function splitGroups(groups: readonly (readonly number[])[], folds: number, seed: Seed): number[][] {
  const parts = Array.from({ length: folds }, (): number[] => []);
  for (const group of shuffle(groups, createRandom(seed))) {
    const smallest = parts.reduce((least, part) => (part.length < least.length ? part : least));
    smallest.push(...group);
  }
  return parts;
}

function select(items: CascadeItems, keep: (index: number) => boolean): CascadeItems {
  const part = (values: readonly number[]) => values.filter((_, i) => keep(i));
  return { confidence: part(items.confidence), small: part(items.small), large: part(items.large) };
}
