/** What a limit is called, and how its values are written: a metric of ours, or one of the scorer of a task. */
import { METRICS } from '../measure/metrics.js';
import type { LimitCheck } from '../recommend/limit-check.js';
import type { CellUnit } from './document.js';

interface Limited {
  readonly title: string;
  readonly unit: CellUnit;
  readonly better: 'higher' | 'lower';
}

export function limitedOf(limit: LimitCheck['limit']): Limited {
  return typeof limit === 'string' ? METRICS[limit] : { title: limit.metric, unit: 'count', better: limit.better };
}
