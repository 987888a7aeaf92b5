/**
 * Which claims hold, of all that a suite could make. Two promises, each for all tasks and SLMs together:
 *
 *     an SLM fits      not worse by the margin, and every limit met       p: the largest of the parts (Berger 1982)
 *     an SLM is out    worse by the margin, or some limit missed          p: the smallest of the routes, times their number
 *     an LLM is needed every SLM is out, and an LLM meets every limit     p: the largest of the parts
 *
 * The claims of one kind share the error rate by Hommel's method (1988). The level of a claim is the largest p with which it
 * would hold beside the others, and the interval that a report shows is the one at that level.
 */
import { hommel, hommelShares } from '../stats/compare/multiple.js';

/** One SLM on one task. */
export interface PairPValues {
  readonly task: string;
  readonly candidate: string;
  /** Equal for SLMs that gave the same answers, and for near-copies. */
  readonly family: string;
  /** Equal for SLMs that gave the same answers: engines of one model. */
  readonly answers: string;
  /** Whether a limit other than quality stands in the way, whatever the scores say. */
  readonly isBlocked: boolean;
  readonly nonInferiorP: number;
  readonly inferiorP: number;
  /** Of its limits: the largest p that one is met, the smallest that one is missed, and how many were tested. */
  readonly limits: LimitsPValues;
}

export interface LimitsPValues {
  readonly metP: number;
  readonly missedP: number;
  readonly tested: number;
}

/** An LLM on a task. */
export interface LargePValues {
  readonly task: string;
  readonly model: string;
  readonly limits: LimitsPValues;
}

export interface PValues {
  readonly pairs: readonly PairPValues[];
  readonly large: readonly LargePValues[];
}

export interface ClaimLevels {
  /** One-sided levels of the parts: at most this p for non-inferiority, at most that for a limit. */
  readonly nonInferior: number;
  readonly inferior: number;
  readonly met: number;
  readonly missed: number;
}

export interface PairDecision {
  readonly task: string;
  readonly candidate: string;
  readonly fits: boolean;
  readonly out: boolean;
  readonly fitsP: number;
  readonly outP: number;
  readonly levels: ClaimLevels;
  readonly chain: Chain;
}

/** The copies of one SLM on a task. */
export interface Chain {
  readonly key: string;
  /** The p that its first one fits, before the error rate is shared, and the error rate that all first ones share. */
  readonly firstP: number;
  readonly alpha: number;
}

export interface LargeDecision {
  readonly task: string;
  readonly model: string;
  readonly passes: boolean;
  readonly fails: boolean;
  readonly levels: Pick<ClaimLevels, 'met' | 'missed'>;
}

export interface Decisions {
  /** The decisions in the order of the p-values. */
  readonly pairs: readonly PairDecision[];
  readonly large: readonly LargeDecision[];
  /** Whether every SLM is out, for each task. */
  readonly noneFits: ReadonlyMap<string, boolean>;
  /** The claims of one kind that share the error rate. */
  readonly family: number;
}

/** What a claim is worth, before and after the error rate is shared. */
interface Shared {
  readonly adjusted: number;
  readonly level: number;
}

/** A claim of a chain. */
interface Link extends Shared {
  readonly holds: boolean;
}

export function decideClaims({ pairs, large }: PValues, alpha: number): Decisions {
  const families = familiesOf(pairs);
  const keys = [...families.keys()];
  const fitsOfChains = keys.map((key) => chainOf(families.get(key)!, (pair) => fitsP(pair, families)));
  const fits = shareAmongChains(fitsOfChains, alpha);
  const out = shareAmongChains(
    keys.map((key) => chainOf(families.get(key)!, outP)),
    alpha,
  );
  const tasks = [...new Set(pairs.map(({ task }) => task))];
  const noneP = tasks.map((task) => Math.max(...pairs.filter((pair) => pair.task === task).map(outP)));
  const none = share(noneP, alpha);
  const noneFits = new Map(tasks.map((task, i) => [task, none[i]!.adjusted <= alpha]));
  const rivals = (task: string) => large.filter((one) => one.task === task);
  const passesP = (task: string) => {
    const ofTask = rivals(task);
    return Math.min(1, ...ofTask.map(({ limits }) => limits.metP * ofTask.length));
  };
  const needed = share(
    tasks.map((task, i) => Math.max(noneP[i]!, passesP(task))),
    alpha,
  );
  return {
    family: keys.length,
    noneFits,
    pairs: pairs.map((pair) => {
      const place = keys.indexOf(familyOf(pair));
      const member = families.get(familyOf(pair))!.indexOf(pair);
      const ofTask = none[tasks.indexOf(pair.task)]!;
      const claim = fits[place]![member]!;
      const outClaim = out[place]![member]!;
      // An SLM is out where it is out by itself, or where the task is decided by all SLMs together.
      const isTaskOut = noneFits.get(pair.task) === true;
      const outLevel = Math.max(outClaim.level, isTaskOut ? ofTask.level : 0) / routes(pair);
      return {
        task: pair.task,
        candidate: pair.candidate,
        fits: claim.holds,
        out: isTaskOut || outClaim.holds,
        fitsP: claim.adjusted,
        outP: Math.min(outClaim.adjusted, ofTask.adjusted),
        levels: {
          nonInferior: claim.level,
          met: claim.level / copiesWithLimits(pair, families),
          inferior: outLevel,
          missed: outLevel,
        },
        chain: {
          key: familyOf(pair),
          firstP: fitsP(families.get(familyOf(pair))![0]!, families),
          alpha: alphaOfFirst(fitsOfChains, alpha),
        },
      };
    }),
    large: large.map((one) => {
      const place = tasks.indexOf(one.task);
      const met = (place < 0 ? alpha : needed[place]!.level) / rivals(one.task).length;
      const missed = alpha / Math.max(1, large.length * Math.max(1, one.limits.tested));
      return {
        task: one.task,
        model: one.model,
        passes: one.limits.metP <= met,
        fails: one.limits.missedP <= missed,
        levels: { met, missed },
      };
    }),
  };
}

type Families = ReadonlyMap<string, readonly PairPValues[]>;

/** Not worse by the margin, and every limit met. Of copies the one that meets its limits is chosen. */
function fitsP(pair: PairPValues, families: Families): number {
  return Math.max(pair.nonInferiorP, Math.min(1, pair.limits.metP * copiesWithLimits(pair, families)));
}

function outP(pair: PairPValues): number {
  return Math.min(1, routes(pair) * Math.min(pair.inferiorP, pair.limits.missedP));
}

function chainOf(copies: readonly PairPValues[], claimP: (pair: PairPValues) => number): Chained[] {
  return copies.map((pair) => ({ p: claimP(pair), isEqual: pair.answers === copies[0]!.answers }));
}

/** The share of the error rate that copies have where some first one of a chain does not hold. */
const SHARE_OF_COPIES = 0.1;

/** The p-value of a claim, and whether the SLM gave the answers of the first one of its chain. */
interface Chained {
  readonly p: number;
  readonly isEqual: boolean;
}

/**
 * Copies of one SLM are a chain: each is tested only where all before it hold (a fixed sequence; Maurer, Hothorn and Lehmacher 1995).
 * The first ones of all chains share nine tenths of the error rate, so that copies do not dilute them. The copies share the
 * other tenth, and all of the error rate where every first one holds (a fallback; Wiens 2003, Pharmaceutical Statistics 2:211).
 * An SLM with the answers of the first one makes no claim of its own, and costs nothing.
 */
function shareAmongChains(chains: readonly (readonly Chained[])[], alpha: number): Link[][] {
  const forFirst = alphaOfFirst(chains, alpha);
  const first = sharedBy(
    chains.map(([head]) => head!.p),
    forFirst,
  );
  const forCopies = first.allHold ? alpha : alpha * SHARE_OF_COPIES;
  const whole = sharedBy(
    chains.map((chain) => Math.max(...chain.map(({ p }) => p))),
    forCopies,
  );
  return chains.map((chain, i) => {
    let highest = chain[0]!.p;
    return chain.map(({ p, isEqual }): Link => {
      if (isEqual) return linkOf(first.adjusted(i, p) * (alpha / forFirst), p, first.levels[i]!);
      highest = Math.max(highest, p);
      return linkOf(whole.adjusted(i, highest) * (alpha / forCopies), highest, whole.levels[i]!);
    });
  });
}

/** The p-values that share an error rate. */
function sharedBy(pValues: readonly number[], alpha: number) {
  const adjusted = hommel(pValues);
  return {
    levels: levelsOf(pValues, alpha),
    allHold: adjusted.every((p) => p <= alpha),
    /** The adjusted p-value of one claim if its own were p. */
    adjusted: (i: number, p: number) => (p === pValues[i] ? adjusted[i]! : hommel(pValues.with(i, p))[i]!),
  };
}

function alphaOfFirst(chains: readonly (readonly Chained[])[], alpha: number): number {
  return chains.every((chain) => chain.every(({ isEqual }) => isEqual)) ? alpha : alpha * (1 - SHARE_OF_COPIES);
}

/** @param adjusted comparable with alpha. */
function linkOf(adjusted: number, p: number, level: number): Link {
  return { adjusted: Math.min(1, adjusted), level, holds: p <= level };
}

/** How an SLM can be ruled out: by the margin, and by each limit that is tested. */
function routes({ limits }: PairPValues): number {
  return 1 + limits.tested;
}

function familyOf({ task, family }: PairPValues): string {
  return JSON.stringify([task, family]);
}

/** Copies in the order of the run, those that a limit stands in the way of last: they would end the chain. */
function familiesOf(pairs: readonly PairPValues[]): Families {
  const families = new Map<string, PairPValues[]>();
  for (const pair of pairs) {
    const key = familyOf(pair);
    families.set(key, [...(families.get(key) ?? []), pair]);
  }
  return new Map(
    [...families].map(([key, copies]) => [
      key,
      copies.toSorted((first, second) => Number(first.isBlocked) - Number(second.isBlocked)),
    ]),
  );
}

function copiesWithLimits(pair: PairPValues, families: Families): number {
  return pair.limits.tested === 0 ? 1 : families.get(familyOf(pair))!.length;
}

/** Adjusted p-values by Hommel, and the largest p with which each claim would hold beside the others. */
export function share(pValues: readonly number[], alpha: number): Shared[] {
  const [adjusted, levels] = [hommel(pValues), levelsOf(pValues, alpha)];
  return pValues.map((_, i) => ({ adjusted: adjusted[i]!, level: levels[i]! }));
}

/** A relative difference that is greater than rounding and too small to see. */
const ROUNDING = 1e-12;

function levelsOf(pValues: readonly number[], alpha: number): number[] {
  return hommelShares(pValues, alpha).map((share) => alpha * share * (1 - ROUNDING));
}
