/**
 * Who is to blame when a worker dies. After a first death the trial is tried again in a fresh worker: something else may have killed
 * the first. A trial that kills its worker twice is a failed trial. When trials in a row do so, the model does not run here.
 */
export interface Death {
  /** How often a worker has died under this trial, this time included. */
  readonly deaths: number;
  readonly phase: 'warm-up' | 'recorded';
  /** Whether the model was open. A worker that dies before has no trial to blame. */
  readonly opened: boolean;
  /** Trials in a row that were blamed before this one. */
  readonly blamedInARow: number;
}

export type Verdict = 'try again' | 'blame the trial' | 'give up';

const BLAMED_TO_GIVE_UP = 3;

export function verdictOn({ deaths, phase, opened, blamedInARow }: Death): Verdict {
  if (deaths < 2) return 'try again';
  if (phase === 'warm-up' || !opened || blamedInARow + 1 >= BLAMED_TO_GIVE_UP) return 'give up';
  return 'blame the trial';
}
