/** The flags of a run, and the record that they lead to. */
import type { RunRecord, UntilSure } from '../core/measure/log.js';

export interface RunFlags {
  readonly suite: readonly string[];
  readonly model: readonly string[];
  readonly models?: string;
  readonly data: readonly string[];
  readonly prices?: string;
  readonly out: string;
  readonly limit?: number;
  readonly repetitions: number;
  readonly warmup: number;
  readonly seed: number;
  readonly concurrency: number;
  readonly untilSure?: boolean;
  readonly budget?: UntilSure['budget'];
  readonly resume?: string;
  readonly runCode?: boolean;
  readonly judge?: string;
  readonly reports?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** A run record before it is known when and where the run happens. */
export type PlannedRun = Omit<RunRecord, 'id' | 'started' | 'command' | 'machine' | 'part' | 'prices'>;
