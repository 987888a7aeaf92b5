/** What prevents a greater load: the objective that is missed first, and the scarce resource. */
import { durationLimit, type Objective } from '../../load/objective.js';
import type { GreatestLoad } from '../simulate/greatest-load.js';
import type { Simulated } from '../simulate/simulate.js';

export interface Binding {
  /** The index of the objective that is missed by most; null if all hold and the queue grows without end. */
  readonly objective: number | null;
  readonly resource: Resource;
}

export const RESOURCES = ['slots', 'memory', 'queue', 'compute', 'bandwidth', 'overhead'] as const;

/** `memory` is room for caches; `queue` means that requests come in bunches while there is room on average. */
export type Resource = (typeof RESOURCES)[number];

/** @returns Null where no load is too much. */
export function bindingOf({ held, missed }: GreatestLoad, objectives: readonly Objective[]): Binding | null {
  if (missed === null) return null;
  if (missed.objectives.every(({ held: holds }) => holds)) {
    return { objective: null, resource: resourceOf(null, missed, held) };
  }
  const excess = missed.objectives.map(({ held: holds, late }, i) => {
    const { level } = objectives[i]!;
    return holds ? Number.NEGATIVE_INFINITY : level === 'mean' ? late - 1 : late;
  });
  const objective = excess.indexOf(Math.max(...excess));
  return { objective, resource: resourceOf(objectives[objective]!, missed, held) };
}

/** A resource is scarce if it is short for more than this share of the time. */
const OFTEN = 0.2;
const LUCKIEST = 0.05;

/** @param objective Null where the queue grows without end: the requests wait then. */
function resourceOf(objective: Objective | null, missed: Simulated, held: Simulated | null): Resource {
  const metric = objective?.metric ?? 'e2e';
  // Where even the luckiest requests are late, one alone is too slow: before its first token it computes. Else they came in bunches.
  if (objective !== null && held === null && (metric === 'ttft' || metric === 'ttfa')) {
    return missed.ttft.quantile(LUCKIEST) > durationLimit(objective).seconds ? 'compute' : 'queue';
  }
  const waits = metric !== 'tpot' && metric !== 'decodeRate' && held !== null;
  if (waits && missed.cacheFull > OFTEN) return 'memory';
  if (waits && missed.slotsFull > OFTEN) return 'slots';
  // A server that is often idle is fast enough on average.
  if (waits && missed.busy < 1 - OFTEN) return 'queue';
  const shares = [
    ['compute', missed.compute],
    ['bandwidth', missed.memory],
    ['overhead', 1 - missed.compute - missed.memory],
  ] as const;
  return shares.reduce((a, b) => (b[1] > a[1] ? b : a))[0];
}
