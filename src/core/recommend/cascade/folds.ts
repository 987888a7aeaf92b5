/**
 * A rule for each sample that the sample did not help to choose. A threshold looks better on the samples that chose it than
 * on any others. So the samples are split by group, and the rule that is chosen on all folds but one is applied to that one.
 */
import { clusterOf } from '../../analyse/cells.js';
import { type Missing, missing } from '../../quantity.js';
import { createRandom, shuffle } from '../../stats/basics/random.js';
import { type Case, chooseRule, type Lost, type Rule, type Wanted } from './rule.js';

export interface Ruled {
  /** How many times a rule was chosen. */
  readonly parts: number;
  /** The samples that can be evaluated, each with its rule. */
  readonly cases: readonly (Case & { readonly rule: Rule })[];
  /** The samples that cannot, because an answer to them was lost. */
  readonly lost: readonly Lost[];
}

/** The samples that both models answered. */
export interface Answered {
  readonly cases: readonly Case[];
  readonly lost: readonly Lost[];
}

/** Folds of the cross-validation; fewer where there are fewer groups. */
const FOLDS = 5;

export function ruleByFolds({ cases, lost }: Answered, wanted: Wanted, seed: number): Ruled | Missing {
  const foldOf = assignFolds(cases, seed);
  const folds = new Set(foldOf.values()).size;
  if (folds < 2)
    return missing('all samples are in one group, so no threshold can be tested on samples that did not choose it');
  const places = cases.map(({ sample }) => foldOf.get(clusterOf(sample))!);
  const rules = Array.from({ length: folds }, (_, fold) =>
    chooseRule(
      cases.filter((_, i) => places[i] !== fold),
      wanted,
    ),
  );
  return { parts: folds, cases: cases.map((one, i) => ({ ...one, rule: rules[places[i]!]! })), lost };
}

/** The fold of each cluster, in an order drawn from the seed of the run. */
function assignFolds(cases: readonly Case[], seed: number): ReadonlyMap<string, number> {
  const clusters = [...new Set(cases.map(({ sample }) => clusterOf(sample)))];
  const folds = Math.min(FOLDS, clusters.length);
  return new Map(shuffle(clusters, createRandom(seed, 'cascade folds')).map((cluster, i) => [cluster, i % folds]));
}
