/** The demand on devices: the lengths of the requests, how they arrive, their number, and the objectives. */
import type { Objective } from '../../load/objective.js';
import type { Seed } from '../../stats/basics/random.js';
import type { LoadKind } from '../simulate/greatest-load.js';
import type { Lengths } from '../step/workload.js';

export interface Demand {
  readonly kind: LoadKind;
  /** Requests per second, users or requests at once of all devices together; null where only the greatest load is asked. */
  readonly wanted: number | null;
  readonly objectives: readonly Objective[];
  /** Lengths of requests that were measured, or one pair. */
  readonly lengths: readonly Lengths[];
  /** The share of its greatest load that a device keeps free. */
  readonly headroom: number;
  readonly seed: Seed;
}

/** The lengths in the middle: what one request needs on average. */
export function usualLengths(lengths: readonly Lengths[]): Lengths {
  const mean = (pick: (one: Lengths) => number) => lengths.reduce((sum, one) => sum + pick(one), 0) / lengths.length;
  return { prompt: mean(({ prompt }) => prompt), output: mean(({ output }) => output) };
}
