/**
 * A rule for each sample that the sample did not help to choose. A threshold looks better on the samples that chose it than
 * on any others.
 *
 *     by folds      split by group; chosen on all folds but one, applied to that one      a plan of fixed size
 *     by rounds     chosen on all rounds before, applied to the next                      a run that stops when it is sure
 *
 * Folds look ahead: the last samples help to choose the rule for the first. If the data decide when to stop, that would make
 * a sequence invalid. Rounds do not look ahead.
 */
import type { SampleInfo } from '../../analyse/analysis.js';
import { clusterOf } from '../../analyse/cells.js';
import { askingOrder, placesIn, roundAt } from '../../plan/rounds.js';
import { type Missing, missing } from '../../quantity.js';
import { createRandom, shuffle } from '../../stats/basics/random.js';
import { type Case, chooseRule, type Rule, type Wanted } from './rule.js';

export interface Ruled {
  /** How many times a rule was chosen. */
  readonly parts: number;
  /** The samples that can be evaluated, each with its rule. */
  readonly cases: readonly (Case & { readonly rule: Rule })[];
}

/** Folds of the cross-validation; fewer where there are fewer groups. */
const FOLDS = 5;

export function ruleByFolds(cases: readonly Case[], wanted: Wanted, seed: number): Ruled | Missing {
  const foldOf = assignFolds(cases, seed);
  const folds = new Set(foldOf.values()).size;
  if (folds < 2)
    return missing('all samples are in one group, so no threshold can be tested on samples that did not choose it');
  const fold = ({ sample }: Case) => foldOf.get(clusterOf(sample))!;
  const rules = Array.from({ length: folds }, (_, i) =>
    chooseRule(
      cases.filter((one) => fold(one) !== i),
      wanted,
    ),
  );
  return { parts: folds, cases: cases.map((one) => ({ ...one, rule: rules[fold(one)]! })) };
}

/** The fold of each cluster, in an order drawn from the seed of the run. */
function assignFolds(cases: readonly Case[], seed: number): ReadonlyMap<string, number> {
  const clusters = [...new Set(cases.map(({ sample }) => clusterOf(sample)))];
  const folds = Math.min(FOLDS, clusters.length);
  return new Map(shuffle(clusters, createRandom(seed, 'cascade folds')).map((cluster, i) => [cluster, i % folds]));
}

export interface Rounds {
  /** All samples of the task, whether they were run or not. */
  readonly planned: readonly SampleInfo[];
  readonly seed: number;
  /** `suite/task`. */
  readonly task: string;
  /** The samples of the first round; each later round doubles them. */
  readonly firstRound: number;
}

export function ruleByRounds(cases: readonly Case[], wanted: Wanted, rounds: Rounds): Ruled | Missing {
  const { planned, seed, task, firstRound } = rounds;
  const places = placesIn(askingOrder(planned, { seed, task }));
  const round = ({ sample }: Case) => roundAt(places.get(sample.id)!, firstRound);
  const first = Math.min(...cases.map(round));
  const rules = new Map<number, Rule>();
  for (const one of cases) {
    const now = round(one);
    if (now === first || rules.has(now)) continue;
    rules.set(
      now,
      chooseRule(
        cases.filter((other) => round(other) < now),
        wanted,
      ),
    );
  }
  if (rules.size === 0)
    return missing('the run was sure after one round, so no threshold can be tested on samples that did not choose it');
  const judged = cases.filter((one) => round(one) > first);
  return { parts: rules.size, cases: judged.map((one) => ({ ...one, rule: rules.get(round(one))! })) };
}
