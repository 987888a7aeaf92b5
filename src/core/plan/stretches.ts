/** A plan in pieces that are small enough to lose: what one machine of a fleet takes at a time. */
import type { Block, PlannedCell } from './plan.js';

/** Trials of one cell. */
export interface Stretch extends Omit<Block, 'cells'> {
  readonly cell: PlannedCell;
}

/** The trials of a piece. Whoever takes it opens the model once for it. */
const LONGEST = 100;

/** The pieces of a plan. The same trials give the same pieces. */
export function stretches(blocks: readonly Block[], longest = LONGEST): readonly Stretch[] {
  return blocks.flatMap(({ model, condition, cells }) =>
    cells.flatMap(({ suite, task, trials }) =>
      Array.from({ length: Math.ceil(trials.length / longest) }, (_, i) => ({
        model,
        condition,
        cell: { suite, task, trials: trials.slice(i * longest, (i + 1) * longest) },
      })),
    ),
  );
}
