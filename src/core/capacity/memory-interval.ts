/**
 * How far a predicted memory may be from what an engine takes. Each part has the errors that were measured of it, and the ends are added up as if
 * all parts were off in the same direction, so the interval is rather too wide:
 *
 *     weights   exact from the header of a file; by bits of a weight, -2% to +3.4% (figures of llama-bench for ten models, test/core/capacity/storage.test.ts)
 *     cache     equal to what llama.cpp logs
 *     buffers   what llama.cpp logs over what is computed, for some models (test/backends/llama-cpp-memory.test.ts, llama-cpp-published-memory.test.ts)
 *     reserve   what pairs of a model and a process took beside the rest: mean and 90% prediction interval (Student's t; npm run bench -- capacity-memory, and the runs of docs/capacity.md)
 */
import { isMissing, type Missing, missing } from '../quantity.js';
import { twoSidedT } from '../stats/basics/distributions.js';
import { mean, standardDeviation } from '../stats/basics/moments.js';
import type { EngineName } from './engines.js';

/** The 90% interval in bytes. */
export interface MemoryInterval {
  readonly low: number;
  readonly high: number;
}

export type MemoryVerdict = 'fits' | 'may fit' | 'does not fit';

interface Parts {
  readonly weights: number;
  readonly cache: number;
  readonly buffers: number;
  /** The weights are counted by bits of a weight, and not read from a file. */
  readonly isEstimated: boolean;
}

/** Factors of what is computed. */
export const ESTIMATED_WEIGHTS = { low: 0.98, high: 1.034 };
export const BUFFERS = { low: 0.88, high: 1.05, models: 18 };
/** Bytes that processes took beside weights, cache and buffers. Buffers that no long prompt has touched yet take nothing, so it may be less than nothing. */
export const RESERVES: readonly number[] = [28e6, 33e6, -17e6, 25e6, 55e6, 71e6, 148e6];
const RESERVE = predictionInterval(RESERVES);

/** Where nine of ten further values lie, if they are normal. */
function predictionInterval(values: readonly number[]): MemoryInterval {
  const n = values.length;
  const half = twoSidedT(0.9, n - 1) * standardDeviation(values) * Math.sqrt(1 + 1 / n);
  return { low: mean(values) - half, high: mean(values) + half };
}

export function memoryInterval(
  engine: EngineName,
  { weights, cache, buffers, isEstimated }: Parts,
): MemoryInterval | Missing {
  if (engine !== 'llama.cpp-cpu') {
    return missing(
      `what ${engine} takes beside weights and cache was not measured here, so its memory has no interval`,
    );
  }
  const factor = isEstimated ? ESTIMATED_WEIGHTS : { low: 1, high: 1 };
  return {
    low: factor.low * weights + cache + Math.max(0, BUFFERS.low * buffers + RESERVE.low),
    high: factor.high * weights + cache + BUFFERS.high * buffers + RESERVE.high,
  };
}

/** Without an interval the predicted bytes decide. */
export function verdictOf(needed: number, interval: MemoryInterval | Missing, usable: number): MemoryVerdict {
  const { low, high } = isMissing(interval) ? { low: needed, high: needed } : interval;
  if (high <= usable) return 'fits';
  return low <= usable ? 'may fit' : 'does not fit';
}
