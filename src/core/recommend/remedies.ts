/**
 * How much more data would tell, by simulation from the data at hand. What the models are truly like is not known, so each
 * simulated run first draws a truth (a bootstrap of the groups), and then larger data from that truth, judged by the test that
 * decides. Half of the runs were decided with the first number, four fifths with the second.
 *
 * Two remedies differ: more samples of the same groups, and more groups. Neither is said beyond ten times the data.
 */
import type { Analysis, SuiteAnalysis, TaskAnalysis } from '../analyse/analysis.js';
import { isMissing, type Missing } from '../quantity.js';
import { createRandom, type Random } from '../stats/basics/random.js';
import type { PairedScores } from '../stats/compare/noninferiority.js';
import { groupsToDraw, type ScoreTest, scoreTestOfGroups } from '../stats/compare/score-test.js';
import { clusterIndices } from '../stats/estimate/clusters.js';
import type { Comparison } from './comparison.js';
import type { DecidedClaims } from './decided-claims.js';
import type { More, Remedies } from './recommendation.js';

export interface RemedyContext {
  readonly analysis: Analysis;
  readonly suite: SuiteAnalysis;
  readonly task: TaskAnalysis;
  readonly decided: DecidedClaims;
}

/** Simulated runs for each size. */
const RUNS = 30;
const FACTORS = [1.25, 1.5, 2, 3, 5, 10] as const;
/** Of these runs, half and four fifths. */
const [HALF, MOST] = [15, 24];

export function remediesOf(
  { analysis, suite, task, decided }: RemedyContext,
  { candidate, test }: Pick<Comparison, 'candidate' | 'test'>,
): Remedies | Missing {
  if (isMissing(test)) return test;
  const draft = decided.tests.pairs.find((pair) => pair.task === task.name && pair.candidate === candidate)!;
  if (isMissing(draft.pairs)) return draft.pairs;
  const groups = groupsOf(draft.pairs);
  const isGrouped = groups.some(({ length }) => length > 1);
  const { margin } = suite.requirement;
  const { seed } = analysis.run.settings;
  const project = (kind: Kind) =>
    projectMore(groups, kind, {
      ...test.alpha,
      margin,
      random: createRandom(seed, 'remedies', task.name, candidate, kind),
    });
  const asked = task.samples.filter((_, i) => task.cells.some(({ results }) => results[i] !== null)).length;
  return {
    samples: project(isGrouped ? 'samples' : 'groups'),
    ...(isGrouped && { groups: project('groups') }),
    unasked: Math.max(0, task.data.count - asked),
  };
}

type Group = readonly number[];
type Kind = 'samples' | 'groups';

function groupsOf({ differences, clusters }: PairedScores): readonly Group[] {
  if (clusters === undefined) return differences.map((value) => [value]);
  return clusterIndices(clusters).map((indices) => indices.map((index) => differences[index]!));
}

interface Projection {
  readonly margin: number;
  readonly nonInferior: number;
  readonly inferior: number;
  readonly random: Random;
}

function projectMore(groups: readonly Group[], kind: Kind, projection: Projection): More {
  const now = kind === 'groups' ? groups.length : groups.flat().length;
  const runOf = kind === 'groups' ? withMoreGroups(groups, projection) : withMoreSamples(groups, projection);
  const runs = Array.from({ length: RUNS }, () => runOf(drawTruth(groups.length, projection.random)));
  let half: number | null = null;
  for (const factor of FACTORS) {
    // No more runs than tell: one with a hundred thousand groups takes a while.
    const mayStayOpen = RUNS - (half === null ? HALF : MOST);
    let open = 0;
    for (const isDecided of runs) {
      if (!isDecided(factor)) open++;
      if (open > mayStayOpen) break;
    }
    if (open > mayStayOpen) continue;
    const total = Math.ceil(now * factor);
    half ??= total;
    if (open <= RUNS - MOST) return { now, half, most: total };
  }
  return half === null ? null : { now, half, most: null };
}

/** Groups by their places. */
type Truth = Int32Array;

function drawTruth(groups: number, random: Random): Truth {
  return Int32Array.from({ length: groups }, () => random.below(groups));
}

/** Whether data that are drawn from one truth, and so many times larger, would be decided. */
type Run = (factor: number) => boolean;

/** Only how often each kind of group is drawn matters: a suite may have a hundred thousand groups. */
function withMoreGroups(groups: readonly Group[], projection: Projection): (truth: Truth) => Run {
  const { kindOf, kinds, test } = groupsToDraw(groups);
  return (truth) => {
    const kindsOfTruth = truth.map((place) => kindOf[place]!);
    return (factor) => {
      const counts = new Int32Array(kinds);
      for (let i = Math.ceil(truth.length * factor); i > 0; i--)
        counts[kindsOfTruth[projection.random.below(truth.length)]!]! += 1;
      return decides(test(counts), projection);
    };
  };
}

function withMoreSamples(groups: readonly Group[], projection: Projection): (truth: Truth) => Run {
  const known = groups.map((group) => {
    const values = [...new Set(group)].sort((a, b) => a - b);
    const placeOf = new Map(values.map((value, place) => [value, place]));
    return { values, members: group.map((value) => placeOf.get(value)!) };
  });
  return (truth) => (factor) => {
    const enlarged = Array.from(truth, (place) => {
      const { values, members } = known[place]!;
      const counts = values.map(() => 0);
      for (let i = Math.ceil(members.length * factor); i > 0; i--)
        counts[members[projection.random.below(members.length)]!]! += 1;
      return values.map((value, i) => [value, counts[i]!] as const).filter(([, count]) => count > 0);
    });
    return decides(scoreTestOfGroups(enlarged), projection);
  };
}

function decides(test: ScoreTest, { margin, nonInferior, inferior }: Projection): boolean {
  return test.greaterP(-margin) <= nonInferior || test.lessP(-margin) <= inferior;
}
