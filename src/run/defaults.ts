/** The settings of a run that names none. The command line shows them, so this file loads next to nothing. */
import { RUNS_FOLDER } from '../core/report/commands.js';

export const DEFAULTS = {
  suite: 'support-desk',
  out: RUNS_FOLDER,
  repetitions: 1,
  warmup: 2,
  concurrency: 1,
  seed: 0,
  viewPort: 8377,
  /** Seconds that a machine of a fleet may be silent. BullMQ's own default. */
  lease: 30,
  history: 'history',
} as const;

/** The settings of a load test that names none. */
export const LOAD_DEFAULTS = {
  requests: 200,
  /** Seconds for each model. */
  budget: 300,
  stopErrors: 0.1,
  clients: 1,
  /** No more users or requests at once are tried, */
  most: 4096,
  /** and no higher rate. */
  mostRate: 10_000,
  alpha: 0.05,
} as const;
