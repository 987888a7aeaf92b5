/** A plan in pieces that are small enough to lose: what one machine of a fleet takes at a time. */
import type { Block, Trial } from './plan.js';

/** Trials of one cell. */
export interface Stretch extends Omit<Block, 'cells'> {
  readonly suite: string;
  readonly task: string;
  readonly trials: readonly Trial[];
}

/** The trials of a piece. Whoever takes it opens the model once for it. */
const LONGEST = 100;

/** The pieces of a plan, one after another. The same trials give the same pieces. */
export function* stretches(blocks: readonly Block[], longest = LONGEST): Generator<Stretch, void> {
  for (const { model, condition, cells } of blocks) {
    for (const { suite, task, trials } of cells) {
      for (let from = 0; from < trials.length; from += longest)
        yield { model, condition, suite, task, trials: trials.slice(from, from + longest) };
    }
  }
}
