/** The answer in a line: how many tasks have which verdict. The line below it says which models are small and large. */
import type { Analysis } from '../analyse/analysis.js';
import type { ModelChecks } from '../recommend/limit-check.js';
import type { SuiteRecommendation, TaskRecommendation, TaskVerdict } from '../recommend/recommendation.js';
import { decisiveComparison } from './decisive.js';
import type { Verdict, VerdictCount } from './document.js';
import { formatCount, plural } from './format.js';
import { groupedNames } from './variants.js';
import { VERDICT_NAMES } from './words.js';

export function verdictOf(analysis: Analysis, recommended: SuiteRecommendation): Verdict {
  return {
    kind: recommended.verdict.kind,
    sentence: headlineOf(recommended),
    key: keyOf(analysis, recommended),
  };
}

export function headlineOf({ verdict, tasks }: SuiteRecommendation): string {
  if (verdict.kind === 'not-measured') return `Nothing was measured: ${verdict.reason}.`;
  if (verdict.kind === 'one-class') return oneClassHeadline(verdict.class, tasks);
  const count = (kind: TaskVerdict['kind']) => tasks.filter((task) => task.verdict.kind === kind).length;
  const fits = count('slm-fits');
  const many = tasks.length;
  const first =
    fits === many
      ? `A small model is enough for ${many === 1 ? 'the task' : `all ${many} tasks`}.`
      : many === 1
        ? 'A small model is not shown to be enough for the task.'
        : `A small model is shown to be enough for ${fits === 0 ? 'none' : fits} of ${many} tasks.`;
  const rest = REST.flatMap(([kind, one, several]) => {
    const n = count(kind);
    return n === 0 ? [] : [`${many === 1 ? 'It' : n} ${n === 1 ? one : several}.`];
  });
  return [first, ...rest, ...noSmall(verdict)].join(' ');
}

/** Names the open tasks on which no small model will do. */
function noSmall(verdict: SuiteRecommendation['verdict']): string[] {
  const n = verdict.kind === 'inconclusive' ? verdict.noSmall.length : 0;
  return n === 0 ? [] : [`No small model will do for ${n === 1 ? 'one' : n} of the open tasks.`];
}

const REST: readonly (readonly [kind: TaskVerdict['kind'], one: string, several: string])[] = [
  ['cascade', 'needs both, as a cascade', 'need both, as a cascade'],
  ['llm-needed', 'needs a large one', 'need a large one'],
  ['nothing-passes', 'has no model that will do', 'have no model that will do'],
  ['inconclusive', 'is open', 'are open'],
  ['one-class', 'was run on one class alone', 'were run on one class alone'],
  ['not-measured', 'was not measured', 'were not measured'],
];

function oneClassHeadline(kind: 'slm' | 'llm', tasks: readonly TaskRecommendation[]): string {
  const alone = tasks.every(({ checks }) => checks.length <= 1);
  const size = kind === 'slm' ? 'small' : 'large';
  const run = alone ? `Only one ${size} model was measured` : `Only ${size} models were measured`;
  const measured = tasks.flatMap(({ checks }) => checks).filter(({ checks }) => checks.length > 0);
  if (measured.length === 0) return `${run}, and the suite sets no limits.`;
  const states = tasks.map(({ checks }) => bestState(checks));
  const count = (state: ModelChecks['state']) => states.filter((one) => one === state).length;
  const [passes, fails, open] = [count('passes'), count('fails'), count('undecided')];
  return [
    `${run}. Every limit is shown to be met on ${passes === 0 ? 'no task' : `${passes} of ${plural(tasks.length, 'task')}`}.`,
    ...(fails > 0 ? [`On ${plural(fails, 'task')} every model misses a limit.`] : []),
    ...(open > 0 ? [`${plural(open, 'task')} ${open === 1 ? 'is' : 'are'} open.`] : []),
  ].join(' ');
}

/** What the model that does best reaches on a task. */
export function bestState(checks: readonly ModelChecks[]): ModelChecks['state'] {
  const has = (state: ModelChecks['state']) => checks.some((model) => model.state === state);
  return has('passes') ? 'passes' : has('undecided') ? 'undecided' : 'fails';
}

/** A line names this many pairs of models, and counts the others. */
const MOST_PAIRS = 2;

/** `Small = a, large = b. A small model may score up to 10 points less.` */
export function keyOf({ models }: Analysis, recommended: SuiteRecommendation): string {
  const { tasks, verdict, requirement } = recommended;
  const margin = `A small model may score up to ${formatMargin(requirement.margin)} less.`;
  const compared = tasks.flatMap((task) => decisiveComparison(task, verdict) ?? []);
  if (compared.length === 0) return `Measured: ${someOf(groupedNames(models.map(({ id }) => id)), 'model')}.`;
  const small = groupedNames([...new Set(compared.map(({ candidate }) => candidate))]);
  const large = groupedNames([...new Set(compared.map(({ reference }) => reference))]);
  return `Small = ${someOf(small, 'small model')}. Large = ${someOf(large, 'large model')}. ${margin}`;
}

function someOf(names: readonly string[], what: string): string {
  const more = names.length - MOST_PAIRS;
  if (more <= 0) return names.join(' and ');
  return `${names.slice(0, MOST_PAIRS).join(', ')} and ${plural(more, `more ${what}`)}`;
}

/** A margin as it was written: `10 points`, `2.5 points`. */
export function formatMargin(margin: number): string {
  const points = Number((margin * 100).toPrecision(3));
  return `${formatCount(points)} ${points === 1 ? 'point' : 'points'}`;
}

/** The kinds of verdict in the order in which people act on them. */
const ORDER: readonly TaskVerdict['kind'][] = [
  'slm-fits',
  'cascade',
  'llm-needed',
  'nothing-passes',
  'inconclusive',
  'one-class',
  'not-measured',
];

/** A count names this many tasks. */
const MOST_TASKS = 4;

export function countVerdicts(tasks: readonly TaskRecommendation[]): VerdictCount[] {
  return ORDER.flatMap((verdict): VerdictCount[] => {
    const names = tasks.filter((task) => task.verdict.kind === verdict).map(({ task }) => task);
    if (names.length === 0) return [];
    return [{ verdict, name: VERDICT_NAMES[verdict], count: names.length, tasks: namesOf(names) }];
  });
}

function namesOf(names: readonly string[]): string {
  const more = names.length - MOST_TASKS;
  return more <= 1 ? names.join(', ') : `${names.slice(0, MOST_TASKS).join(', ')} and ${more} more`;
}
