/**
 * rightsize as a library. The use cases measure, check, list, score and render as the command line does, and take files, folders and
 * the clock from their arguments (docs/library.md):
 *
 *     import { measure, render } from 'rightsize';
 *     const run = await measure({ suites: ['mine.yaml'], models: ['phi-3-mini', 'gpt-4o'] });
 *     const { recommendation } = await render([run.folder]);
 *
 * Below them is the pure core: definitions, statistics, scorers, analysis and recommendations, from records of your own to a verdict,
 * without a clock or a network. The only files that it reads are the package's own language tables, when a scorer asks for them:
 *
 *     import { analyse, recommend } from 'rightsize';
 *     const recommendation = recommend(analyse(records));
 */

import { readLanguageTablesWith } from './core/score/text/language-tables.js';
import { readLanguageTable } from './system/language-tables.js';

readLanguageTablesWith(readLanguageTable);

export { type AnalysisFold, analyse, startAnalysis } from './core/analyse/analyse.js';
export * from './core/analyse/analysis.js';
export { type Catalogue, classOf, type Model, type ModelClass, modelSchema } from './core/definition/model.js';
export { type Requirement, requirementSchema } from './core/definition/requirement.js';
export { type Suite, suiteSchema, type Task } from './core/definition/suite.js';
export { UserError } from './core/errors.js';
export type * from './core/log/log.js';
export { LOG_VERSION } from './core/log/log.js';
export * from './core/measure/measurement.js';
export type { Level, Metric, Price, Unit } from './core/measure/metric.js';
export { type DistributedMetric, METRICS, type MetricName, type MetricOfSession } from './core/measure/metrics.js';
export type { Message, Prompt, Sample } from './core/message.js';
export { type Block, type PlannedCell, plan, remaining, type Trial } from './core/plan/plan.js';
export { isMissing, type Known, known, type Missing, missing, type Quantity } from './core/quantity.js';
export * from './core/recommend/comparison.js';
export * from './core/recommend/limit-check.js';
export { type PowerAnswer, type PowerQuestion, powerFromRun, powerOf } from './core/recommend/power.js';
export { recommend } from './core/recommend/recommend.js';
export * from './core/recommend/recommendation.js';
export type { VersionComparison } from './core/regress/comparison.js';
export type { GateReport, GateResult } from './core/regress/gate-report.js';
export type { HistoryEntry, Trend } from './core/regress/history.js';
export type {
  Aggregate,
  Evidence,
  Judged,
  OwnScorer,
  OwnVerdict,
  Score,
  Scored,
  ScoreInput,
  Scorer,
  Unscored,
} from './core/score/score.js';
export { SCORERS, type ScorerName } from './core/score/table.js';
export { holm, hommel } from './core/stats/compare/multiple.js';
export { type NonInferiority, testNonInferiority } from './core/stats/compare/noninferiority.js';
export type { Estimate } from './core/stats/estimate/estimate.js';
export { estimateMean, estimateProportion, estimateScore } from './core/stats/estimate/estimators.js';
export { estimateQuantile } from './core/stats/estimate/order-statistics.js';
export { estimateRatio } from './core/stats/estimate/ratio.js';
export type { LoadedModel, ModelInput, SuiteInput } from './files/definitions.js';
export { readLog } from './files/log.js';
export { type AbDefinition, type AbMeasured, type AbOptions, ab } from './run/ab.js';
export { type BaselineOptions, type WrittenBaseline, writeBaselineOf } from './run/baseline.js';
export {
  type CapacityAnswer,
  type CapacityAsked,
  type CapacityOptions,
  type CapacityQuestion,
  capacity,
} from './run/capacity.js';
export { type Checked, type CheckedSuite, type CheckOptions, check } from './run/check.js';
export {
  type ComparedVersions,
  type CompareOptions,
  type Comparisons,
  compare,
  type GateRequest,
} from './run/compare.js';
export type { RunDefinition } from './run/definitions.js';
export { fleetStatus } from './run/fleet-status.js';
export { gateRun } from './run/gate.js';
export { type AddedRuns, addToHistory, type HistoryOptions, history } from './run/history.js';
export { type Initialised, type InitOptions, init } from './run/init.js';
export { type JoinOptions, join } from './run/join.js';
export { LISTING_NAMES, type ListingName, type ListOptions, list } from './run/list.js';
export { type LoadOptions, type LoadTestEvent, type LoadTested, load, resumeLoad } from './run/load.js';
export type { LoadDefinition } from './run/load-definition.js';
export { type Measured, type MeasureEvent, type MeasureOptions, measure, resume } from './run/measure.js';
export type { FleetOptions } from './run/measure-fleet.js';
export { type Merged, type MergeOptions, merge } from './run/merge.js';
export { power } from './run/power.js';
export { analyseLog } from './run/read.js';
export { type Rendered, type RenderOptions, render, writeArtifacts } from './run/render.js';
export { type RescoreOptions, rescore } from './run/rescore.js';
export { schema } from './run/schema.js';
export { type ScoredFile, type ScoreOptions, score } from './run/score.js';
export { type Viewer, type ViewOptions, view } from './run/view.js';
export type { World } from './run/world.js';
export { SCHEMA_NAMES, type SchemaName } from './system/package.js';
export type { OpenWorker, WorkerSession } from './worker/worker-session.js';
