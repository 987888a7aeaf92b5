/**
 * An analysis to a verdict, per task and for the suite. Per task, in this order:
 *
 *     hard limits          which models may be used at all
 *     non-inferiority      which SLMs are no worse than the reference LLM by the margin    -> slm-fits
 *     cascade              SLM first, LLM when it is unsure, judged out of fold            -> cascade
 *     all SLMs ruled out   by margin or limit                                              -> llm-needed, nothing-passes
 *     otherwise            more samples or measurements are needed                         -> inconclusive
 *
 * "Not shown to be worse" is never read as "as good".
 */
import type { Analysis, SuiteAnalysis, TaskAnalysis } from '../analyse/analysis.js';
import { breakEvens } from '../capacity/breakeven.js';
import { type Device, ELECTRICITY, type Electricity, withOwnDevices } from '../capacity/devices.js';
import { fitModels } from '../capacity/fit.js';
import { machineCosts } from '../capacity/machine-cost.js';
import type { PriceList } from '../definition/price-list.js';
import { isMissing } from '../quantity.js';
import { type Cascade, tryCascades } from './cascade/cascade.js';
import { compareAll } from './compare.js';
import type { Comparison } from './comparison.js';
import { checkModels } from './limits.js';
import { preferenceOrder } from './preference.js';
import type {
  ModelChecks,
  Recommendation,
  Rejection,
  SuiteRecommendation,
  TaskRecommendation,
  TaskVerdict,
} from './recommendation.js';
import { chooseReferences } from './references.js';
import { decideSuite } from './suite-verdict.js';

export interface RecommendOptions {
  /** The devices to consider, and the price of a kilowatt-hour. The defaults come from the run and the tables in devices.ts. */
  readonly devices?: readonly Device[];
  readonly electricity?: Electricity;
}

export function recommend(analysis: Analysis, options: RecommendOptions = {}): Recommendation {
  const own = optionsOf(analysis.run.prices);
  const { devices = own.devices, electricity = own.electricity } = options;
  return { suites: analysis.suites.map((suite) => recommendForSuite(analysis, suite, { devices, electricity })) };
}

/** The prices of a user; the tables fill in what is missing. */
export function optionsOf(prices: PriceList | undefined): Required<RecommendOptions> {
  return { devices: withOwnDevices(prices?.devices ?? []), electricity: prices?.electricity ?? ELECTRICITY };
}

function recommendForSuite(
  analysis: Analysis,
  suite: SuiteAnalysis,
  { devices, electricity }: Required<RecommendOptions>,
): SuiteRecommendation {
  const references = chooseReferences(analysis, suite);
  const comparisons = compareAll(analysis, suite, references);
  const cascades = tryCascades(analysis, suite, references);
  const fits = fitModels(analysis, suite, devices);
  const order = preferenceOrder(analysis, suite);
  const tasks = suite.tasks.map((task): TaskRecommendation => {
    const findings: Findings = {
      checks: checkModels(analysis, task),
      comparisons: comparisons.byTask.get(task.name)!,
      cascades: cascades.get(task.name)!,
    };
    return { task: task.name, verdict: decideTask(analysis, task, { ...findings, order }), ...findings };
  });
  return {
    suite: suite.name,
    requirement: suite.requirement,
    verdict: decideSuite(tasks, order),
    tasks,
    references,
    comparisons: comparisons.family,
    shared: analysis.run.settings.untilSure === undefined ? 'by Holm' : 'evenly',
    fits,
    devices,
    breakEvens: breakEvens(suite, fits, devices),
    machineCosts: machineCosts(analysis, suite, { devices, electricity }),
    electricity,
  };
}

/** The results that the verdict of a task is based on. */
interface Findings {
  readonly checks: readonly ModelChecks[];
  readonly comparisons: readonly Comparison[];
  readonly cascades: readonly Cascade[];
}

function decideTask(
  analysis: Analysis,
  task: TaskAnalysis,
  { checks, comparisons, cascades, order }: Findings & { readonly order: readonly string[] },
): TaskVerdict {
  const measured = task.cells.filter(({ quality }) => !isMissing(quality));
  if (measured.length === 0) {
    const reason = task.cells.map(({ quality }) => (isMissing(quality) ? quality.missing : '')).sort()[0];
    return { kind: 'not-measured', reason: reason ?? 'no model was run' };
  }
  const stateOf = (model: string) => checks.find((one) => one.model === model)!.state;
  const preferred = (models: readonly string[]) => order.find((model) => models.includes(model));
  const of = (wanted: 'slm' | 'llm') =>
    analysis.models
      .filter((model) => model.class === wanted && measured.some((cell) => cell.model === model.id))
      .map(({ id }) => id);
  const [small, large] = [of('slm'), of('llm')];
  if (small.length === 0 || large.length === 0) {
    if (small.length + large.length === 0)
      return { kind: 'not-measured', reason: 'no model of the run says whether it is an SLM or an LLM' };
    const present = small.length > 0 ? small : large;
    const model = preferred(present.filter((id) => stateOf(id) === 'passes')) ?? null;
    return { kind: 'one-class', class: small.length > 0 ? 'slm' : 'llm', model };
  }

  const fits = comparisons.filter(
    ({ candidate, decision }) => decision === 'non-inferior' && stateOf(candidate) === 'passes',
  );
  const best = preferred(fits.map(({ candidate }) => candidate));
  if (best !== undefined) {
    const comparison = fits.find(({ candidate }) => candidate === best)!;
    return {
      kind: 'slm-fits',
      comparison,
      others: order.filter((id) => id !== best && fits.some(({ candidate }) => candidate === id)),
    };
  }

  const open = comparisons.filter(
    ({ candidate, decision }) => decision !== 'inferior' && stateOf(candidate) !== 'fails',
  );
  const cascade = bestCascade(cascades, stateOf);
  if (cascade !== undefined) {
    return { kind: 'cascade', ...cascade, mayFitAlone: open.some(({ candidate }) => candidate === cascade.small) };
  }
  if (open.length > 0) return { kind: 'inconclusive', because: doubtAbout(open, checks) };
  const rejected = comparisons.map((comparison): Rejection => reject(comparison, checks));
  const usable = preferred(large.filter((id) => stateOf(id) === 'passes'));
  if (usable !== undefined) return { kind: 'llm-needed', model: usable, rejected };
  const undecided = preferred(large.filter((id) => stateOf(id) === 'undecided'));
  if (undecided !== undefined) {
    return { kind: 'inconclusive', because: { of: 'limits', model: undecided, checks: unmet(undecided, checks) } };
  }
  return {
    kind: 'nothing-passes',
    rejected: [...rejected, ...large.map((model) => ({ model, by: 'limits', checks: unmet(model, checks) }) as const)],
  };
}

function unmet(model: string, checks: readonly ModelChecks[]) {
  return checks.find((one) => one.model === model)!.checks.filter(({ state }) => state !== 'met');
}

function reject(comparison: Comparison, checks: readonly ModelChecks[]): Rejection {
  const model = comparison.candidate;
  return comparison.decision === 'inferior'
    ? { model, by: 'margin', comparison }
    : { model, by: 'limits', checks: unmet(model, checks) };
}

/** What keeps the most promising SLM from a verdict. The most promising one has the smallest p of fitting. */
function doubtAbout(
  open: readonly Comparison[],
  checks: readonly ModelChecks[],
): Extract<TaskVerdict, { kind: 'inconclusive' }>['because'] {
  // This p is not corrected: corrected for many comparisons, all of them may be 1.
  const p = ({ test }: Comparison) => (isMissing(test) ? 2 : test.nonInferiorP);
  const closest = [...open].sort((a, b) => p(a) - p(b) || (a.candidate < b.candidate ? -1 : 1))[0]!;
  if (isMissing(closest.test)) return { of: 'pairs', reason: closest.test.missing };
  if (closest.decision === 'non-inferior') {
    return { of: 'limits', model: closest.candidate, checks: unmet(closest.candidate, checks) };
  }
  return { of: 'margin', comparison: closest };
}

/** The cascade that saves the greatest share. It sends requests to both models, so both must meet the limits. */
function bestCascade(
  cascades: readonly Cascade[],
  stateOf: (model: string) => ModelChecks['state'],
): Pick<Extract<TaskVerdict, { kind: 'cascade' }>, 'small' | 'large' | 'evaluation'> | undefined {
  return cascades
    .flatMap(({ small, large, evaluation, verdict }) =>
      isMissing(evaluation) || verdict !== 'passes' ? [] : [{ small, large, evaluation }],
    )
    .filter(({ small, large }) => stateOf(small) !== 'fails' && stateOf(large) !== 'fails')
    .map((one) => ({ one, share: one.evaluation.cost.cascade / one.evaluation.cost.large }))
    .sort((a, b) => a.share - b.share || (a.one.small < b.one.small ? -1 : 1))[0]?.one;
}
