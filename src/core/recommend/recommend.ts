/**
 * An analysis to a verdict, per task and for the suite. Per task, in this order:
 *
 *     too much unscored    the answers that were lost could change the verdict             -> inconclusive
 *     fits                 an SLM is no worse than its LLM by the margin, and meets every limit -> slm-fits
 *     cascade              SLM first, LLM when it is unsure, judged out of fold            -> cascade
 *     all SLMs ruled out   by margin or limit                                              -> llm-needed, nothing-passes
 *     otherwise            more samples or measurements are needed                         -> inconclusive
 *
 * "Not shown to be worse" is never read as "as good".
 */
import type { Analysis, SuiteAnalysis, TaskAnalysis } from '../analyse/analysis.js';
import type { Device } from '../capacity/device.js';
import { ELECTRICITY, type Electricity, withOwnDevices } from '../capacity/devices.js';
import { fitModels } from '../capacity/fit.js';
import { machineCosts } from '../capacity/machine-cost.js';
import type { PriceList } from '../definition/price-list.js';
import { isMissing } from '../quantity.js';
import { once } from '../stats/basics/once.js';
import { type Cascade, tryCascades } from './cascade/cascade.js';
import { changesOf } from './changes.js';
import { checkModels } from './checks.js';
import { comparisonOf } from './compare.js';
import type { Comparison } from './comparison.js';
import { type DecidedClaims, decidedClaimsOf } from './decided-claims.js';
import { judgedAnalysis } from './judged.js';
import type { ModelChecks } from './limit-check.js';
import { eachMachine } from './on-machines.js';
import { preferenceOrder } from './preference.js';
import type {
  Doubt,
  MachineRecommendation,
  Recommendation,
  Rejection,
  SuiteRecommendation,
  TaskRecommendation,
  TaskVerdict,
} from './recommendation.js';
import { chooseReferences, modelsOf } from './references.js';
import { remediesOf } from './remedies.js';
import type { ComparedModels } from './suite-tests.js';
import { decideSuite } from './suite-verdict.js';

export interface RecommendOptions {
  /** The devices to consider, and the price of a kilowatt-hour. The defaults come from the run and the tables in devices.ts. */
  readonly devices?: readonly Device[];
  readonly electricity?: Electricity;
  /** Holds every other model against this one, whatever its class. The default is that of the run, if it has one. */
  readonly reference?: string | undefined;
}

export function recommend(analysis: Analysis, options: RecommendOptions = {}): Recommendation {
  const own = optionsOf(analysis.run.prices);
  const { devices = own.devices, electricity = own.electricity } = options;
  const { reference = analysis.run.settings.reference } = options;
  const judged = judgedAnalysis(analysis);
  const machines = eachMachine(analysis).map(({ machine, analysis: here, entries }): MachineRecommendation => {
    const entry = reference && analysis.run.settings.placed?.[reference]?.model;
    const own = [...entries].find(([, model]) => model === entry)?.[0];
    return { machine, suites: recommend(here, { devices, electricity, reference: own }).suites };
  });
  return {
    suites: analysis.suites.map((suite, i) => {
      const measured: MeasuredSuite = { analysis, suite, judged, judgedSuite: judged.suites[i]! };
      return recommendForSuite(measured, { devices, electricity, reference });
    }),
    ...(machines.length > 0 && { machines }),
  };
}

/** The prices of a user; the tables fill in the missing prices. */
export function optionsOf(prices: PriceList | undefined): Required<Pick<RecommendOptions, 'devices' | 'electricity'>> {
  return { devices: withOwnDevices(prices?.devices ?? []), electricity: prices?.electricity ?? ELECTRICITY };
}

interface MeasuredSuite {
  readonly analysis: Analysis;
  readonly suite: SuiteAnalysis;
  /** What verdicts are judged on. */
  readonly judged: Analysis;
  readonly judgedSuite: SuiteAnalysis;
}

function recommendForSuite(
  { analysis, suite, judged, judgedSuite }: MeasuredSuite,
  { devices, electricity, reference }: SuiteOptions,
): SuiteRecommendation {
  const references = chooseReferences(judged, judgedSuite, reference);
  const models: ComparedModels = {
    references,
    large: reference === undefined ? modelsOf(judged, judgedSuite, 'llm') : [reference],
  };
  const decided = decidedClaimsOf(judged, judgedSuite, models);
  const comparisons = comparisonsOf(judged, judgedSuite, decided);
  const checks = new Map(
    judgedSuite.tasks.map((task) => [task.name, checkModels(task, { ...decided, alpha: suite.requirement.alpha })]),
  );
  const cascades = tryCascades(judged, judgedSuite, { references, decisions: decided.decisions });
  const fits = fitModels(analysis, suite);
  const order = preferenceOrder(judged, judgedSuite);
  const tasks = judgedSuite.tasks.map((task): TaskRecommendation => {
    const findings: Findings = {
      checks: checks.get(task.name)!,
      comparisons: comparisons.get(task.name)!,
      cascades: cascades.get(task.name)!,
    };
    const verdict = decideTask({ analysis: judged, suite: judgedSuite, task, decided, models, order }, findings);
    // Found by deciding the suite again and again, so only where someone reads it, and once.
    const changes = once(() => changesOf({ task: task.name, verdict, decided, margin: suite.requirement.margin }));
    return {
      task: task.name,
      verdict,
      get changes() {
        return changes();
      },
      ...findings,
    };
  });
  return {
    suite: suite.name,
    requirement: suite.requirement,
    verdict: decideSuite(tasks, order),
    tasks,
    references,
    comparisons: decided.decisions.family,
    shared: analysis.run.settings.untilSure === undefined ? 'at the end' : 'over the looks',
    fits,
    devices,
    machineCosts: machineCosts(analysis, suite, { devices, electricity }),
    electricity,
  };
}

interface SuiteOptions extends Required<Pick<RecommendOptions, 'devices' | 'electricity'>> {
  readonly reference: string | undefined;
}

function comparisonsOf(
  analysis: Analysis,
  suite: SuiteAnalysis,
  { tests, decisions }: DecidedClaims,
): ReadonlyMap<string, readonly Comparison[]> {
  const byTask = new Map<string, Comparison[]>(suite.tasks.map(({ name }) => [name, []]));
  tests.pairs.forEach((draft, i) => {
    byTask.get(draft.task)!.push(comparisonOf(analysis, suite, { draft, decision: decisions.pairs[i]! }));
  });
  return byTask;
}

/** The results that the verdict of a task is based on. */
interface Findings {
  readonly checks: readonly ModelChecks[];
  readonly comparisons: readonly Comparison[];
  readonly cascades: readonly Cascade[];
}

interface TaskContext {
  readonly analysis: Analysis;
  readonly suite: SuiteAnalysis;
  readonly task: TaskAnalysis;
  readonly decided: DecidedClaims;
  readonly models: ComparedModels;
  /** The models from the most to the least preferred. */
  readonly order: readonly string[];
}

function decideTask(context: TaskContext, findings: Findings): TaskVerdict {
  const { task, decided, models, order } = context;
  const { comparisons, cascades } = findings;
  const measured = task.cells.filter(({ quality }) => !isMissing(quality)).map(({ model }) => model);
  if (measured.length === 0) {
    const reason = task.cells.map(({ quality }) => (isMissing(quality) ? quality.missing : '')).sort()[0];
    return { kind: 'not-measured', reason: reason ?? 'no model was run' };
  }
  const large = models.large.filter((model) => measured.includes(model));
  if (large.length === 0 || comparisons.every(({ candidate }) => !measured.includes(candidate)))
    return decideOneClass(context, findings, measured);
  const unscored = decided.tests.unscored.get(task.name)!;
  if (unscored.length > 0) return { kind: 'inconclusive', because: { of: 'unscored', models: unscored } };

  const fitting = comparisons.filter(({ fits }) => fits);
  const best = order.find((model) => fitting.some(({ candidate }) => candidate === model));
  if (best !== undefined) {
    const comparison = fitting.find(({ candidate }) => candidate === best)!;
    return {
      kind: 'slm-fits',
      comparison,
      others: order.filter((id) => id !== best && fitting.some(({ candidate }) => candidate === id)),
    };
  }
  const cascade = bestCascade(cascades);
  if (cascade !== undefined) return { kind: 'cascade', ...cascade };
  if (decided.decisions.noneFits.get(task.name) === true) return decideWithoutSmall(context, findings, large);
  return { kind: 'inconclusive', because: doubtAbout(context, findings) };
}

function decideOneClass(
  { analysis, order }: TaskContext,
  { checks }: Findings,
  measured: readonly string[],
): TaskVerdict {
  const classOf = (id: string) => analysis.models.find((model) => model.id === id)!.class;
  const [first] = measured.filter((id) => classOf(id) !== null);
  if (first === undefined)
    return { kind: 'not-measured', reason: 'no model of the run says whether it is an SLM or an LLM' };
  const present = measured.filter((id) => classOf(id) === classOf(first));
  const passing = order.find((id) => present.includes(id) && stateOf(id, checks) === 'passes');
  const limits = checks.some((one) => one.checks.length > 0) ? 'set' : 'none';
  return { kind: 'one-class', class: classOf(first)!, model: passing ?? null, limits };
}

/** No SLM will do. Whether an LLM will is a matter of the limits alone. */
function decideWithoutSmall(
  { task, decided, order }: TaskContext,
  { checks, comparisons }: Findings,
  large: readonly string[],
): TaskVerdict {
  const rejected = comparisons.map((comparison): Rejection => reject(comparison, checks));
  const decisions = decided.decisions.large.filter((one) => one.task === task.name);
  const preferred = order.filter((id) => large.includes(id));
  const decisionOn = (id: string) => decisions.find(({ model }) => model === id)!;
  const usable = preferred.find((id) => decisionOn(id).passes);
  if (usable !== undefined) return { kind: 'llm-needed', model: usable, rejected };
  const open = preferred.find((id) => !decisionOn(id).fails);
  if (open !== undefined)
    return { kind: 'inconclusive', because: { of: 'large', model: open, checks: unmet(open, checks), rejected } };
  return {
    kind: 'nothing-passes',
    rejected: [...rejected, ...large.map((model) => ({ model, by: 'limits', checks: missed(model, checks) }) as const)],
  };
}

function stateOf(model: string, checks: readonly ModelChecks[]): ModelChecks['state'] {
  return checks.find((one) => one.model === model)!.state;
}

function unmet(model: string, checks: readonly ModelChecks[]) {
  return checks.find((one) => one.model === model)!.checks.filter(({ state }) => state !== 'met');
}

function missed(model: string, checks: readonly ModelChecks[]) {
  return checks.find((one) => one.model === model)!.checks.filter(({ state }) => state === 'missed');
}

/** A missed limit comes first: no margin helps against it. */
function reject(comparison: Comparison, checks: readonly ModelChecks[]): Rejection {
  const model = comparison.candidate;
  const limits = missed(model, checks);
  return limits.length > 0 ? { model, by: 'limits', checks: limits } : { model, by: 'margin', comparison };
}

/** What keeps the most promising SLM from a verdict: the one whose claim to fit has the smallest p. */
function doubtAbout(context: TaskContext, { checks, comparisons }: Findings): Doubt {
  const open = comparisons.filter(({ isOut }) => !isOut);
  // A copy that would hold, if the one before it did, waits for that one.
  const waits = ({ decision, candidate }: Comparison) =>
    decision === 'non-inferior' && unmet(candidate, checks).length === 0;
  const p = (comparison: Comparison) => {
    const { adjusted, test } = comparison;
    return adjusted.fitsP + (isMissing(test) || waits(comparison) ? 1 : test.nonInferiorP * 1e-6);
  };
  const ranked = (open.length > 0 ? open : comparisons).toSorted(
    (a, b) => p(a) - p(b) || (a.candidate < b.candidate ? -1 : 1),
  );
  const closest = ranked[0]!;
  const limits = unmet(closest.candidate, checks);
  if (isMissing(closest.test)) return { of: 'pairs', reason: closest.test.missing };
  if (closest.decision === 'non-inferior') return { of: 'limits', model: closest.candidate, checks: limits };
  // Simulated only where someone reads it, and once.
  const remedies = once(() => remediesOf(context, closest));
  return {
    of: 'margin',
    comparison: closest,
    limits,
    get remedies() {
      return remedies();
    },
  };
}

/** The cascade that saves the greatest share. */
function bestCascade(
  cascades: readonly Cascade[],
): Pick<Extract<TaskVerdict, { kind: 'cascade' }>, 'small' | 'large' | 'evaluation'> | undefined {
  return cascades
    .flatMap(({ small, large, evaluation, verdict }) =>
      isMissing(evaluation) || verdict !== 'passes' ? [] : [{ small, large, evaluation }],
    )
    .map((one) => ({ one, share: one.evaluation.cost.cascade / one.evaluation.cost.large }))
    .sort((a, b) => a.share - b.share || (a.one.small < b.one.small ? -1 : 1))[0]?.one;
}
