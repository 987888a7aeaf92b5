/** What a reader can do next: in a few words for each task, and as commands that work as printed. */
import type { Analysis, SuiteAnalysis } from '../analyse/analysis.js';
import { isMissing } from '../quantity.js';
import type { LimitCheck } from '../recommend/limit-check.js';
import type { Doubt, More, SuiteRecommendation, TaskRecommendation } from '../recommend/recommendation.js';
import { folderOfRun, resumeCommand, withLimit } from './commands.js';
import { formatScore, list } from './format.js';
import { limitedOf } from './limited.js';
import { shellCommand } from './text.js';
import { describeMore } from './words.js';

/** What would settle the verdict of a task, or what to do with it. */
export function nextStepOf({ verdict, checks }: TaskRecommendation): string {
  switch (verdict.kind) {
    case 'slm-fits':
      return 'use the small model';
    case 'cascade':
      return `pass on ${formatScore(verdict.evaluation.deferred)} to the large model`;
    case 'llm-needed':
      return 'use the large model, or try a better small one';
    case 'nothing-passes':
      return 'a better model, or other limits';
    case 'inconclusive':
      return settling(verdict.because);
    case 'one-class':
      return afterOneClass(verdict.class, checks);
    case 'not-measured':
      return 'measure it';
  }
}

/** Several models of one class have a row each, so only what is true of all of them is said. */
function afterOneClass(class_: 'slm' | 'llm', models: TaskRecommendation['checks']): string {
  const other = class_ === 'slm' ? 'an LLM' : 'an SLM';
  const checks = models.flatMap((model) => model.checks);
  if (checks.length === 0) return `set limits, or run ${other} too`;
  if (models.some(({ state }) => state === 'passes')) return `run ${other} to compare`;
  if (models.every(({ state }) => state === 'fails')) return 'a better model, or other limits';
  return settlingLimits(checks);
}

function settling(doubt: Doubt): string {
  switch (doubt.of) {
    case 'margin': {
      if (isMissing(doubt.remedies)) return 'more samples';
      const { samples, groups } = doubt.remedies;
      const more = groups === undefined ? describeMore(samples, 'sample') : describeMore(groups, 'group');
      return more ?? 'over 10× the samples, or a wider margin';
    }
    case 'limits':
    case 'large':
      return settlingLimits(doubt.checks);
    case 'unscored':
      return 'a run that loses no answers';
    case 'pairs':
      return 'both models on the same samples';
  }
}

/** More samples do not help where a limit is on what this run cannot know, such as the memory of a hosted model. */
function settlingLimits(checks: readonly LimitCheck[]): string {
  const named = (state: LimitCheck['state']) =>
    list(checks.filter((check) => check.state === state).map(({ limit }) => limitedOf(limit).title.toLowerCase()));
  const [unknown, undecided] = [named('unknown'), named('undecided')];
  return unknown === '' ? `more samples, for ${undecided}` : `${unknown} is not known: measure it, or drop the limit`;
}

/** The commands that bring a suite closer to its verdicts, the most useful first. */
export function nextCommands(analysis: Analysis, suite: SuiteAnalysis, recommended: SuiteRecommendation): string[] {
  const { run } = analysis;
  if (run.parts !== undefined) return [];
  const folder = folderOfRun(run);
  if (!run.ended.complete) return [resumeCommand('run', run.command, folder)];
  const open = recommended.tasks.filter(isOpen);
  // Who has one class alone needs the name of a model of the other.
  const other = recommended.verdict.kind === 'one-class' ? [shellCommand(['rightsize', 'list', 'models'])] : [];
  if (open.length === 0) return other;
  const limit = limitThatSettles(suite, open);
  const longer = limit === null ? null : withLimit(run.command, limit);
  return [
    ...(longer === null ? [] : [shellCommand(longer)]),
    ...(open.some(isOpenByMargin) ? [shellCommand(['rightsize', 'power', folder])] : []),
    ...other,
  ];
}

function isOpen({ verdict, checks }: TaskRecommendation): boolean {
  if (verdict.kind !== 'one-class') return verdict.kind === 'inconclusive';
  return checks.some((model) => model.checks.some(({ state }) => state === 'undecided'));
}

function isOpenByMargin({ verdict }: TaskRecommendation): boolean {
  return verdict.kind === 'inconclusive' && verdict.because.of === 'margin';
}

/** The number of samples of each task with which the open tasks are likely to be decided; null if the run left out none. */
function limitThatSettles({ tasks }: SuiteAnalysis, open: readonly TaskRecommendation[]): number | null {
  const wanted = open.flatMap((recommended) => {
    const { cells, data } = tasks.find(({ name }) => name === recommended.task)!;
    const asked = Math.max(0, ...cells.map(({ results }) => results.filter((result) => result !== null).length));
    return asked > 0 && asked < data.count ? [Math.min(data.count, Math.ceil(asked * growthOf(recommended)))] : [];
  });
  return wanted.length === 0 ? null : Math.max(...wanted);
}

/** Twice the samples, if the verdict does not say how many. */
const UNKNOWN_GROWTH = 2;

function growthOf({ verdict }: TaskRecommendation): number {
  if (verdict.kind !== 'inconclusive' || verdict.because.of !== 'margin') return UNKNOWN_GROWTH;
  const { remedies } = verdict.because;
  if (isMissing(remedies)) return UNKNOWN_GROWTH;
  return growth(remedies.groups ?? remedies.samples);
}

function growth(more: More): number {
  return more === null ? UNKNOWN_GROWTH : (more.most ?? more.half) / more.now;
}
