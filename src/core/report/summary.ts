/**
 * summary.json: the analysis and the recommendation as data, for programs. Base units throughout (seconds, bytes, tokens,
 * dollars, scores from 0 to 1); an unknown value is `{ "missing": reason }`. docs/reports.md describes every field; the
 * version changes when a field changes its meaning or goes away.
 */
import type {
  Analysis,
  Cell,
  Distribution,
  MachineFigures,
  ModelAnalysis,
  Overall,
  SessionFigures,
} from '../analyse/analysis.js';
import type { RunCapacity } from '../capacity/plan/answer.js';
import type { Prediction } from '../capacity/predict.js';
import { conditionText } from '../definition/condition.js';
import type { LoadTest } from '../load/load-test.js';
import type { StepResult } from '../load/step.js';
import { VALIDITY, VALIDITY_CHECKS } from '../load/validity.js';
import type { SessionFacts } from '../log/log.js';
import { DISTRIBUTED } from '../measure/metrics.js';
import { isMissing, type Missing } from '../quantity.js';
import type { Cascade } from '../recommend/cascade/cascade.js';
import type {
  Recommendation,
  SuiteRecommendation,
  SuiteVerdict,
  TaskRecommendation,
} from '../recommend/recommendation.js';
import type { Artifact } from './artifact.js';
import { devicesOf } from './devices-of.js';
import { plural } from './format.js';
import { headlineOf } from './headline.js';
import { loadQuestion, loadSentences } from './load-words.js';
import { describeSuite, describeTask, whatWouldChange } from './words.js';

export const SUMMARY_VERSION = 1;

/** What a summary holds beside what a run measured. */
interface Beside {
  readonly load?: LoadTest | undefined;
  readonly capacity?: RunCapacity | undefined;
}

export function summaryReport(analysis: Analysis, recommendation: Recommendation, beside: Beside = {}): Artifact[] {
  return [
    { path: 'summary.json', content: `${JSON.stringify(summarise(analysis, recommendation, beside), null, 2)}\n` },
    ...recommendation.suites.flatMap(cascadeFiles),
  ];
}

export function summarise(analysis: Analysis, recommendation: Recommendation, { load, capacity }: Beside = {}) {
  return {
    version: SUMMARY_VERSION,
    answer: load === undefined ? answerOf(recommendation) : loadAnswer(load),
    run: analysis.run,
    ...(load !== undefined && { load: describeLoad(load) }),
    suites: analysis.suites.map((suite, i) => {
      const recommended = recommendation.suites[i]!;
      return {
        name: suite.name,
        title: suite.title,
        requirement: suite.requirement,
        verdict: recommended.verdict,
        headline: headlineOf(recommended),
        sentence: describeSuite(recommended),
        references: recommended.references,
        comparisons: recommended.comparisons,
        shared: recommended.shared,
        fits: describeFits(analysis, recommended),
        breakEvens: devicesOf(analysis, recommended).breakEvens,
        machineCosts: recommended.machineCosts,
        parity: suite.parity,
        overall: suite.overall.map(describeOverall),
        tasks: suite.tasks.map((task, j) => ({
          name: task.name,
          scorer: task.scorer,
          limits: task.limits,
          samples: task.samples.length,
          ...describeRecommended(recommended.tasks[j]!, recommended.verdict),
          models: task.cells.map(describeCell),
          otherConditions: task.otherConditions.map(describeCell),
        })),
      };
    }),
    models: analysis.models.map(describeModel),
    ...(capacity !== undefined && { capacity }),
    ...(recommendation.machines && {
      onMachines: recommendation.machines.map(({ machine, suites }) => ({
        machine,
        suites: suites.map((suite) => ({
          name: suite.suite,
          verdict: suite.verdict,
          headline: headlineOf(suite),
          tasks: suite.tasks.map((task) => ({
            name: task.task,
            verdict: withoutCurves(task.verdict),
            checks: task.checks,
          })),
        })),
      })),
    }),
    machines: analysis.machines.map(({ name, trials, environment }) => ({ name, trials, environment })),
    warnings: [...analysis.warnings, ...analysis.circumstances],
  };
}

/** The memory of each model on the machine of the run, and what is predicted of it on devices. */
function describeFits(analysis: Analysis, recommended: SuiteRecommendation) {
  const { models } = devicesOf(analysis, recommended);
  return recommended.fits.map(({ model, context, estimate, measured, error }, i) => {
    const {
      subject: { lengths },
      here,
      devices,
    } = models[i]!;
    return {
      ...{ model, context, estimate, measured, error, lengths },
      here: describePrediction(here),
      devices: devices.map(({ device, state, needed, share, prediction }) => ({
        ...{ device, state, needed, share },
        ...describePrediction(prediction),
      })),
    };
  });
}

function describePrediction({ engine, ttft, tpot, e2e, decodeRate }: Prediction) {
  return { engine, ttft, tpot, e2e, decodeRate };
}

/** The answer of the whole report in a line. */
function answerOf({ suites }: Recommendation): string {
  return suites
    .map((suite) => (suites.length === 1 ? headlineOf(suite) : `${suite.suite}: ${headlineOf(suite)}`))
    .join(' ');
}

/** The greatest load of each model, or what was held where no load was searched. */
function loadAnswer(load: LoadTest): string {
  return load.models
    .map((tested) => loadSentences(tested, load)[0] ?? `${plural(tested.steps.length, 'step')} of ${tested.model}.`)
    .join(' ');
}

function describeLoad({ models, ...load }: LoadTest) {
  return {
    question: loadQuestion(load),
    ...load,
    checks: Object.fromEntries(
      VALIDITY_CHECKS.map((check) => {
        const { title, unit, better, source, remedy } = VALIDITY[check];
        return [check, { title, unit, better, source, remedy }];
      }),
    ),
    models: models.map((tested) => ({
      sentences: loadSentences(tested, { models, ...load }),
      ...tested,
      // Sixty blocks of each step are for a picture alone.
      steps: tested.steps.map(({ course: _, result, ...step }) => ({ ...step, result: withoutQueue(result) })),
    })),
  };
}

/** How its queue moved is for the search, and twice as long as all else. */
function withoutQueue({ queue: _, objectives, ...result }: StepResult) {
  return {
    ...result,
    objectives: objectives.map(({ lateByQueue: _, relaxed, ...one }) => ({
      ...one,
      relaxed: relaxed.map(({ lateByQueue: _, ...at }) => at),
    })),
  };
}

function describeRecommended(recommended: TaskRecommendation, suite: SuiteVerdict) {
  return {
    verdict: withoutCurves(recommended.verdict),
    sentence: describeTask(recommended, suite),
    whatWouldChange: whatWouldChange(recommended),
    checks: recommended.checks,
    comparisons: recommended.comparisons,
    cascades: recommended.cascades.map(withoutCurves),
  };
}

/** Curves are in charts/*.vl.json. */
function withoutCurves<T extends TaskRecommendation['verdict'] | Cascade>(verdict: T): unknown {
  if (!('evaluation' in verdict)) return verdict;
  // Version 1 of the summary calls it `trial`.
  return Object.fromEntries(
    Object.entries(verdict).map(([field, value]) =>
      field === 'evaluation' ? ['trial', withoutCurve(verdict.evaluation)] : [field, value],
    ),
  );
}

function withoutCurve(evaluation: Cascade['evaluation']): unknown {
  if (isMissing(evaluation)) return evaluation;
  const { curve: _curve, oracle: _oracle, ...rest } = evaluation;
  return rest;
}

function describeCell(cell: Cell) {
  const { model, condition, machine, trials, failures, quality, aggregates, warnings } = cell;
  return {
    model,
    condition: conditionText(condition),
    machine,
    trials,
    failures,
    quality,
    ...describeFigures(cell),
    elsewhere: cell.elsewhere.map((other) => ({
      machine: other.machine,
      trials: other.trials,
      ...describeFigures(other),
    })),
    aggregates,
    warnings,
  };
}

function describeFigures({ metrics, gaps, throughput }: MachineFigures) {
  return { metrics: describeMetrics(metrics), gaps: describeGaps(gaps), throughput };
}

function describeOverall({ model, quality, metrics, gaps, failures, unscored }: Overall) {
  return { model, quality, metrics: describeMetrics(metrics), gaps: describeGaps(gaps), failures, unscored };
}

function describeGaps(gaps: Cell['gaps']) {
  if (isMissing(gaps)) return gaps;
  const { n, quantiles } = gaps;
  return { n, median: quantiles[50]!, p90: quantiles[90]!, p99: quantiles[99]! };
}

function describeMetrics(metrics: Cell['metrics']) {
  return Object.fromEntries(DISTRIBUTED.map((metric) => [metric, describeDistribution(metrics[metric])]));
}

function describeDistribution(distribution: Distribution | Missing) {
  if (isMissing(distribution)) return distribution;
  const { n, min, max, at } = distribution;
  return { n, min, max, ...at };
}

function describeModel({ id, origin, title, entry, facts, drift, ...model }: ModelAnalysis) {
  const { machine, elsewhere, crashes, failures, warnings } = model;
  return {
    ...{ id, origin, title, class: model.class, machine },
    ...describeSessions(model),
    elsewhere: elsewhere.map((other) => ({ machine: other.machine, ...describeSessions(other) })),
    ...{ crashes, failures, warnings },
    drift: isMissing(drift) ? drift : { change: drift.change, p: drift.p, n: drift.n, noise: drift.noise },
    backend: entry.backend,
    source: entry.source,
    parameters: entry.parameters ?? facts?.parameters ?? { missing: 'neither models.json nor the engine says' },
    quantisation: entry.quantisation ?? { missing: 'models.json does not say' },
    licence: entry.licence ?? { missing: 'models.json does not say' },
    price: entry.price ?? { missing: 'no price is given for this model' },
    facts: facts === null ? { missing: 'the model was never opened' } : withoutShape(facts),
  };
}

/** A shape names every layer, and the log has it. */
function withoutShape({ shape: _, ...facts }: SessionFacts): Omit<SessionFacts, 'shape'> {
  return facts;
}

function describeSessions({ sessions, metrics, memory }: SessionFigures) {
  // The peak stands with the other readings of memory.
  const { memory: _peak, memoryAdded: added, ...others } = metrics;
  return { sessions, ...others, memory: { ...memory, added } };
}

/** Everything that a service needs to run a recommended cascade. */
function cascadeFiles({ suite, tasks }: SuiteRecommendation): Artifact[] {
  return tasks.flatMap(({ task, verdict }) => {
    if (verdict.kind !== 'cascade') return [];
    const { small, large, evaluation } = verdict;
    const file = {
      version: SUMMARY_VERSION,
      suite,
      task,
      small,
      large,
      signal: evaluation.chosen.signal,
      signalMeaning: SIGNAL_MEANINGS[evaluation.chosen.signal],
      rule: evaluation.chosen.rule,
      expected: { deferred: evaluation.deferred, quality: evaluation.quality, difference: evaluation.test.difference },
    };
    return [{ path: `cascades/${suite}.${task}.json`, content: `${JSON.stringify(file, null, 2)}\n` }];
  });
}

const SIGNAL_MEANINGS = {
  mean: "mean of the natural logarithms of the output tokens' probabilities",
  min: 'the smallest of them',
  p10: 'their tenth percentile, interpolated linearly',
  sum: 'their sum',
  margin: 'log-likelihood of the likeliest choice less that of the next',
  agreement: 'share of several answers that say what most of them say',
} as const;
