/** What a limit is called, and how its values are written: a metric of ours, or one of the scorer of a task. */
import { METRICS } from '../measure/metrics.js';
import type { LimitCheck } from '../recommend/limit-check.js';
import type { CellUnit } from './document.js';
import { formatUnit } from './format.js';

interface Limited {
  readonly title: string;
  /** The title where there is little room. */
  readonly short: string;
  readonly unit: CellUnit;
  readonly better: 'higher' | 'lower';
}

export function limitedOf(limit: LimitCheck['limit']): Limited {
  if (typeof limit === 'string') return METRICS[limit];
  return { title: limit.metric, short: limit.metric, unit: 'count', better: limit.better };
}

/** `TTFT p95 ≤ 500 ms` */
export function limitInShort({ limit, level, bound }: Pick<LimitCheck, 'limit' | 'level' | 'bound'>): string {
  const { short, unit, better } = limitedOf(limit);
  const at = level === null || level === 'mean' ? '' : ` ${level}`;
  return `${short}${at} ${better === 'higher' ? '≥' : '≤'} ${formatUnit(bound, unit)}`;
}
