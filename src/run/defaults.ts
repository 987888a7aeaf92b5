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
} as const;
