/** What a client observes of itself while a step lasts. */
import { known, missing, type Quantity } from '../core/quantity.js';
import { lateness, SELDOM, watchLoop } from './loop-delay.js';

/** How well a client did its own work. */
export interface OwnHealth {
  /** The p99 of the delay of its event loop, in seconds. */
  readonly loopDelay: Quantity;
  readonly cpuSeconds: Quantity;
}

/**
 * Begins to watch. The function that it returns ends that, and tells.
 *
 * @param shared Why the processor time of this process is not the client's alone; null if it is.
 */
export function watchClient(shared: string | null): () => OwnHealth {
  const loop = watchLoop(SELDOM);
  loop.enable();
  const cpu = process.cpuUsage();
  return () => {
    loop.disable();
    const { user, system } = process.cpuUsage(cpu);
    return {
      loopDelay: lateness(loop, SELDOM),
      cpuSeconds: shared === null ? known((user + system) / 1e6) : missing(shared),
    };
  };
}
