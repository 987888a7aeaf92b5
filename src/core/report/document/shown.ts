/** How a cell of a table shows a metric: by the summary that the metric's entry names. */
import type { Cell, ModelAnalysis, Overall, Spread } from '../../analyse/analysis.js';
import { estimateAt } from '../../analyse/distribution.js';
import type { Place } from '../../measure/metric.js';
import {
  isDistributed,
  isOfSession,
  isShownIn,
  METRIC_NAMES,
  METRICS,
  type MetricName,
  type MetricOfSession,
} from '../../measure/metrics.js';
import { isMissing, type Missing } from '../../quantity.js';
import { type CellUnit, estimateCell, missingCell, quantityCell, type TableCell } from '../document.js';

/** The metrics that are shown in a place, in the order of their entries. */
export function shownIn(place: Place): MetricName[] {
  return METRIC_NAMES.filter((metric) => isShownIn(place, metric));
}

/** What a trial's metric is read from: a task on a model, or all tasks of a model. */
export type Requests = Pick<Cell | Overall, 'quality' | 'metrics'>;

export function metricCell(metric: MetricName, requests: Requests, model: ModelAnalysis): TableCell {
  return isOfSession(metric) ? sessionCell(metric, model) : trialCell(metric, requests);
}

export function trialCell(metric: Exclude<MetricName, MetricOfSession>, { quality, metrics }: Requests): TableCell {
  if (!isDistributed(metric)) return estimateCell(quality, METRICS[metric].unit);
  const { unit, summary } = METRICS[metric];
  return estimateCell(estimateAt(metrics[metric], summary.level), unit);
}

export function sessionCell(metric: MetricOfSession, { metrics }: ModelAnalysis): TableCell {
  const { unit, summary } = METRICS[metric];
  return spreadCell(metrics[metric], summary.value, unit);
}

export function spreadCell(spread: Spread | Missing, value: 'median' | 'max', unit: CellUnit): TableCell {
  return isMissing(spread) ? missingCell(spread.missing) : quantityCell(spread[value], unit);
}
