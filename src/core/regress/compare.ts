/** Compares two versions of a model: what else differs first, then what changed, then the samples that flipped. */
import { isMissing, type Missing } from '../quantity.js';
import type { Change, Difference, Flip, Outcome, Side, VersionComparison } from './comparison.js';
import { type Compared, type ComparedFigure, compareFigure, figuresOf, type SpeedBasis } from './figures.js';
import { changeOfLoss, type LossTest, lossOfShare } from './loss.js';
import { pairVersions, type SamplePair } from './pairs.js';
import type { Version } from './version.js';

export interface CompareOptions {
  readonly speed: SpeedBasis;
  /** The change that counts as none, by metric: points, or a share. */
  readonly margins: Readonly<Record<ComparedFigure['metric'], number>>;
  /** The chance of any wrong outcome in the table; the default is 5%. */
  readonly alpha?: number;
}

export function compareVersions(
  base: Version,
  candidate: Version,
  { speed, margins, alpha = 0.05 }: CompareOptions,
): VersionComparison {
  const compared: Compared = { base, candidate, speed, paired: pairVersions(base, candidate) };
  const { tasks, lostTasks, addedTasks } = compared.paired;
  const pairs = tasks.flatMap((task) => task.pairs);
  return {
    base: sideOf(base),
    candidate: sideOf(candidate),
    prompts: promptsOf(pairs),
    unpaired: {
      lostTasks,
      addedTasks,
      lost: tasks.reduce((total, { lost }) => total + lost.length, 0),
      added: tasks.reduce((total, { added }) => total + added.length, 0),
    },
    differences: differencesOf(compared),
    changes: changesOf(compared, { margins, alpha }),
    alpha,
    flips: flipsOf(pairs),
  };
}

function sideOf({ run, model, name, commit, started, machine, incomplete }: Version): Side {
  return { run, model, name, commit, started, machine, incomplete };
}

const MOST_EXAMPLES = 3;

function promptsOf(pairs: readonly SamplePair[]): VersionComparison['prompts'] {
  const changed = pairs.filter(({ base, candidate }) => base.prompt !== candidate.prompt);
  return {
    paired: pairs.length,
    changed: changed.length,
    examples: changed.slice(0, MOST_EXAMPLES).map(({ task, base }) => `${task}/${base.id}`),
  };
}

function differencesOf({ base, candidate, paired }: Compared): readonly Difference[] {
  const names = [...new Set([...Object.keys(base.facts), ...Object.keys(candidate.facts)])];
  const facts = names.map((what) => ({
    what,
    base: base.facts[what] ?? 'not known',
    candidate: candidate.facts[what] ?? 'not known',
  }));
  const tasks = paired.tasks.flatMap((task) => [
    { what: `scorer of ${task.suite}/${task.name}`, base: task.base.scorer, candidate: task.candidate.scorer },
    {
      what: `condition of ${task.suite}/${task.name}`,
      base: task.base.condition,
      candidate: task.candidate.condition,
    },
  ]);
  const places = [
    { what: 'model', base: base.model, candidate: candidate.model },
    { what: 'machine', base: machineName(base), candidate: machineName(candidate) },
  ];
  return [...places, ...facts, ...tasks].filter(({ base: first, candidate: second }) => first !== second);
}

/** Two machines may have the same name. */
function machineName({ machine }: Version): string {
  return machine === null ? 'not known' : `${machine.name} (${machine.id.slice(0, 8)})`;
}

type TableOptions = Required<Pick<CompareOptions, 'margins' | 'alpha'>>;

/** The rows share the error rate, so that a long table does not show a change by chance. */
function changesOf(compared: Compared, { margins, alpha }: TableOptions): readonly Change[] {
  const figures = figuresOf(compared).map((figure) => compareFigure(figure, compared));
  const shown = figures.filter(({ base, candidate }) => !isMissing(base) || !isMissing(candidate));
  const judged = shown.filter(({ test }) => !isMissing(test)).length;
  const level = alpha / 2 / Math.max(1, judged);
  return shown.map(({ test, ...figure }) => {
    const margin = margins[figure.metric];
    return { ...figure, margin, ...judge(figure, test, { margin, level }) };
  });
}

type Judged = Pick<Change, 'change' | 'p' | 'n' | 'outcome'>;

function judge(
  figure: ComparedFigure & Pick<Change, 'base' | 'candidate'>,
  test: LossTest | Missing,
  { margin, level }: { readonly margin: number; readonly level: number },
): Judged {
  if (isMissing(test)) return { change: test, p: null, n: 0, outcome: 'not judged' };
  const { metric } = figure;
  const ends = [changeOfLoss(metric, test.low(level)), changeOfLoss(metric, test.high(level))];
  return {
    change: { value: changeOfLoss(metric, test.estimate), low: Math.min(...ends), high: Math.max(...ends) },
    p: Math.min(1, 2 * Math.min(test.worseP(0), test.withinP(0))),
    n: test.n,
    outcome: outcomeOf(test, { margin: lossOfShare(metric, margin), level }),
  };
}

/** A change that is shown to be smaller than the margin is within it, whether it is shown or not. */
function outcomeOf(test: LossTest, { margin, level }: { readonly margin: number; readonly level: number }): Outcome {
  const { floor } = test;
  if (test.withinP(margin) <= level && test.worseP(-margin) <= level) return 'within the margin';
  if (test.worseP(floor) <= level) return 'worse';
  return test.withinP(-floor) <= level ? 'better' : 'no change shown';
}

function flipsOf(pairs: readonly SamplePair[]): readonly Flip[] {
  return pairs
    .flatMap(({ task, base, candidate }): Flip[] => {
      if (base.score === null || candidate.score === null || base.score === candidate.score) return [];
      return [
        {
          task,
          id: base.id,
          candidateId: candidate.id === base.id ? null : candidate.id,
          base: base.score,
          candidate: candidate.score,
          baseOutput: base.output,
          candidateOutput: candidate.output,
        },
      ];
    })
    .sort((a, b) => a.candidate - a.base - (b.candidate - b.base) || (a.task + a.id < b.task + b.id ? -1 : 1));
}
