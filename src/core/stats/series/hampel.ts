/**
 * Replaces single values that stand out from their neighbours by the median of them (Hampel's identifier; Pearson 2002, IEEE Trans.
 * Control Systems Technology 10:55). A run on a busy machine is no change of level, but a t-test of few values takes it for one.
 */
import { median } from '../estimate/percentiles.js';

export interface HampelOptions {
  /** Neighbours on each side; the default is 5. */
  readonly neighbours?: number;
  /** Robust standard deviations from the median; the default is 5. */
  readonly threshold?: number;
}

/** The standard deviation of a normal distribution whose median absolute deviation is 1. */
const NORMAL = 1.4826;

export function withoutSpikes(values: readonly number[], options: HampelOptions = {}): number[] {
  const { neighbours = 5, threshold = 5 } = options;
  return values.map((value, i) => {
    const around = values.slice(Math.max(0, i - neighbours), i + neighbours + 1);
    const centre = median(around);
    const deviation = NORMAL * median(around.map((one) => Math.abs(one - centre)));
    return Math.abs(value - centre) > threshold * deviation ? centre : value;
  });
}
