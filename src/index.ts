/**
 * rightsize as a library: its pure core. Definitions, statistics, scorers, analysis and recommendations, from a log (or from
 * records of your own) to a verdict, without touching a file, a clock or a network.
 *
 *     import { analyse, recommend } from 'rightsize';
 *     const analysis = analyse(records);
 *     const recommendation = recommend(analysis);
 */

export { type AnalysisFold, analyse, startAnalysis } from './core/analyse/analyse.js';
export * from './core/analyse/analysis.js';
export { type Catalogue, classOf, type Model, type ModelClass, modelSchema } from './core/definition/model.js';
export { type Requirement, requirementSchema } from './core/definition/requirement.js';
export { type Suite, suiteSchema, type Task } from './core/definition/suite.js';
export { UserError } from './core/errors.js';
export * from './core/load/coordinated-omission.js';
export * from './core/load/early-stopping.js';
export type * from './core/measure/log.js';
export { LOG_VERSION } from './core/measure/log.js';
export * from './core/measure/measurement.js';
export type { Level, Metric, Price, Unit } from './core/measure/metric.js';
export { type DistributedMetric, METRICS, type MetricName, type MetricOfSession } from './core/measure/metrics.js';
export type { Message, Prompt, Sample } from './core/message.js';
export { type Block, type PlannedCell, plan, remaining, type Trial } from './core/plan/plan.js';
export { isMissing, type Known, known, type Missing, missing, type Quantity } from './core/quantity.js';
export * from './core/recommend/comparison.js';
export { recommend } from './core/recommend/recommend.js';
export * from './core/recommend/recommendation.js';
export type { Aggregate, Evidence, Judged, Score, Scored, ScoreInput, Scorer, Unscored } from './core/score/score.js';
export { SCORERS, type ScorerName } from './core/score/table.js';
export * from './core/stats/index.js';
