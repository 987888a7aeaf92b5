/** What a reader can do next: in a few words for each task, and as commands that work as printed. */
import type { Analysis, SuiteAnalysis } from '../analyse/analysis.js';
import { isMissing } from '../quantity.js';
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
      return checks.every((model) => model.checks.length === 0)
        ? 'set limits, or run the other class too'
        : `run ${verdict.class === 'slm' ? 'an LLM' : 'an SLM'} to compare`;
    case 'not-measured':
      return 'measure it';
  }
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
      return `more samples, for ${list(doubt.checks.map(({ limit }) => limitedOf(limit).title.toLowerCase()))}`;
    case 'unscored':
      return 'a run that loses no answers';
    case 'pairs':
      return 'both models on the same samples';
  }
}

/** The commands that bring a suite closer to its verdicts, the most useful first. */
export function nextCommands(analysis: Analysis, suite: SuiteAnalysis, recommended: SuiteRecommendation): string[] {
  const { run } = analysis;
  if (run.parts !== undefined) return [];
  const folder = folderOfRun(run);
  if (!run.ended.complete) return [resumeCommand('run', run.command, folder)];
  const open = recommended.tasks.filter(({ verdict }) => verdict.kind === 'inconclusive');
  if (open.length === 0) return [];
  const limit = limitThatSettles(suite, open);
  const longer = limit === null ? null : withLimit(run.command, limit);
  return [
    ...(longer === null ? [] : [shellCommand(longer)]),
    ...(open.some(isOpenByMargin) ? [shellCommand(['rightsize', 'power', folder])] : []),
  ];
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
