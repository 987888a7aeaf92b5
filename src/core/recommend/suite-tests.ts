/** From an analysis to the tests behind every claim of a suite: the paired scores of SLMs and their references, and the limits. */
import {
  type Analysis,
  type Cell,
  cellOf,
  type SampleInfo,
  type SuiteAnalysis,
  type TaskAnalysis,
} from '../analyse/analysis.js';
import { clustersOf } from '../analyse/cells.js';
import { isMissing, type Missing, missing } from '../quantity.js';
import { mean } from '../stats/basics/moments.js';
import { type PairedScores, pairScores } from '../stats/compare/noninferiority.js';
import type { LimitsPValues, PValues } from './claims.js';
import type { Comparison, Reference } from './comparison.js';
import { allMetP, type LimitTest, testLimits } from './limits.js';
import { boundedScores, tooManyUnscored, type Unscored } from './unscored.js';

/** The paired scores of an SLM and its reference on a task. */
export interface PairDraft extends Reference {
  readonly task: string;
  readonly scores: Comparison['scores'];
  readonly pairs: PairedScores | Missing;
  /** The difference of the scores, by sample. */
  readonly answers: ReadonlyMap<string, number>;
}

/** With the first SLM of the run that is nearly like this one on the task, and the first that is just like it. */
export interface RelatedPair extends PairDraft {
  readonly family: string;
  readonly equal: string;
}

export interface ComparedModels {
  readonly references: readonly Reference[];
  /** The models that may be needed. */
  readonly large: readonly string[];
}

export interface SuiteTests {
  readonly pairs: readonly RelatedPair[];
  /** The limits of every model, by task. */
  readonly limits: ReadonlyMap<string, ReadonlyMap<string, readonly LimitTest[]>>;
  /** The models with too many unscored answers, by task. */
  readonly unscored: ReadonlyMap<string, readonly Unscored[]>;
  /** The references. */
  readonly large: readonly { readonly task: string; readonly model: string }[];
}

export function testSuite(
  analysis: Pick<Analysis, 'models'>,
  suite: Pick<SuiteAnalysis, 'tasks'>,
  { references, large }: ComparedModels,
): SuiteTests {
  return {
    pairs: suite.tasks.flatMap((task) => related(references.map((reference) => draftOf(task, reference)))),
    limits: new Map(
      suite.tasks.map((task) => [
        task.name,
        new Map(
          task.cells.map((cell, i) => [cell.model, testLimits({ task, cell, model: analysis.models[i]! })] as const),
        ),
      ]),
    ),
    unscored: new Map(suite.tasks.map((task) => [task.name, tooManyUnscored(task)])),
    large: suite.tasks.flatMap((task) =>
      large.filter((model) => !isMissing(cellOf(task, model).quality)).map((model) => ({ task: task.name, model })),
    ),
  };
}

/** The p-values of all claims at a margin. Where too much is unscored nothing is claimed. */
export function pValuesAt({ pairs, limits, unscored, large }: SuiteTests, margin: number): PValues {
  const limitsOf = (task: string, model: string): LimitsPValues =>
    unscored.get(task)!.length > 0 ? NOTHING : summarise(limits.get(task)!.get(model)!);
  return {
    pairs: pairs.map(({ task, candidate, family, equal, pairs: scores }) => {
      const silent = isMissing(scores) || unscored.get(task)!.length > 0;
      return {
        task,
        candidate,
        family,
        answers: equal,
        isBlocked: limits.get(task)!.get(candidate)!.some(standsInTheWay),
        nonInferiorP: silent ? 1 : scores.test.greaterP(-margin),
        inferiorP: silent ? 1 : scores.test.lessP(-margin),
        limits: limitsOf(task, candidate),
      };
    }),
    large: large.map(({ task, model }) => ({ task, model, limits: limitsOf(task, model) })),
  };
}

/** Copies differ on at most this share of the answers. */
const MOST_DIFFERENT = 0.05;

function related(ofTask: readonly PairDraft[]): RelatedPair[] {
  return ofTask.map((draft) => ({
    ...draft,
    family: firstLike(draft, ofTask, MOST_DIFFERENT).candidate,
    equal: firstLike(draft, ofTask, 0).candidate,
  }));
}

/** The first SLM of the run that differs from its LLM on a task as this one does, but for a share of the answers. */
function firstLike(draft: PairDraft, ofTask: readonly PairDraft[], share: number): PairDraft {
  return ofTask.find((other) => isLike(other.answers, draft.answers, share)) ?? draft;
}

function isLike(first: PairDraft['answers'], second: PairDraft['answers'], share: number): boolean {
  if (first === second) return true;
  if (first.size !== second.size || first.size === 0) return false;
  let allowed = Math.floor(share * first.size);
  for (const [sample, difference] of first) if (second.get(sample) !== difference && --allowed < 0) return false;
  return true;
}

function standsInTheWay({ limit, metP }: LimitTest): boolean {
  return limit !== 'quality' && metP > 0.5;
}

const NOTHING: LimitsPValues = { metP: 1, missedP: 1, tested: 0 };

export function summarise(limits: readonly LimitTest[]): LimitsPValues {
  return {
    metP: allMetP(limits),
    missedP: Math.min(1, ...limits.map(({ missedP }) => missedP)),
    tested: limits.filter(({ isTested }) => isTested).length,
  };
}

function draftOf(task: TaskAnalysis, reference: Reference): PairDraft {
  const base = { ...reference, task: task.name };
  const both = samplesOfBoth(task, [reference.candidate, reference.reference]);
  const scored = both.filter(({ first, second }) => first.score !== null && second.score !== null);
  if (scored.length === 0) {
    const absent = missing(
      `no sample of ${task.name} was scored on both ${reference.candidate} and ${reference.reference}`,
    );
    return { ...base, scores: absent, pairs: absent, answers: new Map() };
  }
  const differences = scored.map(({ first, second }) => first.score! - second.score!);
  const pairs = pairScores(differences, clustersOf(scored.map(({ sample }) => sample)).clusters);
  return {
    ...base,
    scores: {
      candidate: mean(scored.map(({ first }) => first.score!)),
      reference: mean(scored.map(({ second }) => second.score!)),
    },
    pairs: isMissing(pairs) ? pairs : { ...pairs, ...worstCase(both, pairs) },
    answers: new Map(scored.map(({ sample }, i) => [sample.id, differences[i]!])),
  };
}

interface SampleOfBoth {
  readonly sample: SampleInfo;
  readonly first: NonNullable<Cell['results'][number]>;
  readonly second: NonNullable<Cell['results'][number]>;
}

export function samplesOfBoth(task: TaskAnalysis, [candidate, reference]: readonly [string, string]): SampleOfBoth[] {
  const [first, second] = [cellOf(task, candidate).results, cellOf(task, reference).results];
  return task.samples.flatMap((sample, i) => {
    const [a, b] = [first[i], second[i]];
    return a && b ? [{ sample, first: a, second: b }] : [];
  });
}

/** Unscored answers fall the way that is worse for the claim: against the SLM where it shall fit, for it where it shall not. */
function worstCase(both: readonly SampleOfBoth[], scored: PairedScores): Pick<PairedScores, 'test' | 'means'> {
  const bounded = both.map(({ first, second }) => ({ first: boundedScores(first), second: boundedScores(second) }));
  if (bounded.every(({ first, second }) => first.low === first.high && second.low === second.high)) return scored;
  const { clusters } = clustersOf(both.map(({ sample }) => sample));
  const [worst, best] = [
    bounded.map(({ first, second }) => first.low - second.high),
    bounded.map(({ first, second }) => first.high - second.low),
  ];
  const [ofWorst, ofBest] = [pairScores(worst, clusters), pairScores(best, clusters)];
  if (isMissing(ofWorst) || isMissing(ofBest)) return scored;
  const { greaterP, low } = ofWorst.test;
  const { lessP, high } = ofBest.test;
  return { test: { greaterP, lessP, low, high }, means: { low: mean(worst), high: mean(best) } };
}
