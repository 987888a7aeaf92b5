/**
 * What a small model gains against its large one, in words: `2.3× faster`, `20% less`. A factor with an interval is named only if
 * its whole interval lies on one side of 1.
 */
import { isMissing, type Missing } from '../quantity.js';
import type { Factors } from '../recommend/comparison.js';
import { formatRatio } from './format.js';

/** Stands where the interval of a factor holds 1. */
export const NO_DIFFERENCE = 'not told apart';

/** @param e2e The ratio of end-to-end latencies. */
export function speedInWords(e2e: Factors['e2e']): string | Missing {
  return withInterval(e2e, { more: ['slower', 'more time'], less: ['faster', 'less time'] });
}

/** @param cost The ratio of costs. */
export function costInWords(cost: Factors['cost']): string | Missing {
  return withInterval(cost, { more: ['dearer', 'dearer'], less: ['cheaper', 'cheaper'] });
}

/** The word behind a ratio (`2.3× faster`), and the one behind a percentage (`20% less time`). */
type Word = readonly [ratio: string, share: string];

interface Words {
  readonly more: Word;
  readonly less: Word;
}

function withInterval(factor: Factors['e2e'], words: Words): string | Missing {
  if (isMissing(factor)) return factor;
  const { value, low, high } = factor;
  if (low <= 1 && high >= 1) return NO_DIFFERENCE;
  const ratio = value < 1 ? 1 / value : value;
  const [behindRatio, behindShare] = value < 1 ? words.less : words.more;
  return ratio < CLEAR ? `${percent(Math.abs(value - 1))} ${behindShare}` : `${formatRatio(ratio)} ${behindRatio}`;
}

/** A ratio of at least this reads better than a percentage. */
const CLEAR = 1.5;

/** Memory has no interval: it is a few readings. */
export function memoryInWords(memory: Factors['memory']): string | Missing {
  if (isMissing(memory)) return memory;
  const { value } = memory;
  if (Math.abs(value - 1) < 0.005) return 'the same';
  if (value < 1) return `${percent(1 - value)} less`;
  return value < 2 ? `${percent(value - 1)} more` : `${formatRatio(value)} as much`;
}

/** A share of less than a whole never rounds up to 100%. */
function percent(share: number): string {
  const whole = Math.round(share * 100);
  if (whole === 0) return 'under 1%';
  return whole >= 100 ? `${(Math.floor(share * 10_000) / 100).toFixed(2)}%` : `${whole}%`;
}
