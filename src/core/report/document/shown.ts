/** Which metrics tables show, and how a cell shows one. */
import type { Cell as AnalysisCell, Overall, Spread } from '../../analyse/analysis.js';
import { estimateAt } from '../../analyse/distribution.js';
import { type DistributedMetric, METRICS } from '../../measure/metrics.js';
import { isMissing, type Missing } from '../../quantity.js';
import { absent, type Cell, type CellUnit, estimate, quantity } from '../document.js';

export const TABLE_METRICS = [
  'ttft',
  'itl',
  'e2e',
  'prefillRate',
  'decodeRate',
  'promptTokens',
  'outputTokens',
  'cost',
] as const satisfies readonly DistributedMetric[];

/** What people weigh when they choose a model. */
export const CRITERIA_METRICS = ['ttft', 'decodeRate', 'e2e'] as const satisfies readonly DistributedMetric[];

export function medianCell({ metrics }: AnalysisCell | Overall, metric: DistributedMetric): Cell {
  return estimate(estimateAt(metrics[metric], 'median'), METRICS[metric].unit);
}

/** The median of a few readings. */
export function typical(spread: Spread | Missing, unit: CellUnit): Cell {
  return isMissing(spread) ? absent(spread.missing) : quantity(spread.median, unit);
}

/** The largest of a few readings. */
export function largest(spread: Spread | Missing, unit: CellUnit): Cell {
  return isMissing(spread) ? absent(spread.missing) : quantity(spread.max, unit);
}

/** An estimate without its interval. */
export function pointOf(cell: Cell, unit?: CellUnit): Cell {
  return cell.kind === 'estimate' ? quantity(cell.value, unit ?? cell.unit) : cell;
}
