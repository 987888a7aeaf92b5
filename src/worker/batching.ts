/**
 * How many trials one message requests. A message wakes two processes, so short trials go together: as many as a worker answers before
 * it must bring its outcomes (`LONGEST_BATCH`). When a worker dies of a batch, each of its trials is requested alone, so that the blame
 * falls on the right one.
 */
import { LONGEST_BATCH } from './protocol.js';

export interface Batching {
  /** How many trials the next message may request. */
  readonly size: number;
  /** Trials of a batch that its worker died of, and that were not answered since. */
  readonly suspects: number;
}

const LARGEST_BATCH = 64;

/** Nothing is known about the length of a trial yet. */
export const FIRST_BATCH: Batching = { size: 1, suspects: 0 };

export function sizeOfNext({ size, suspects }: Batching): number {
  return suspects > 0 ? 1 : size;
}

export function afterAnswers(
  { suspects }: Batching,
  { answered, seconds }: { readonly answered: number; readonly seconds: number },
): Batching {
  return {
    size: Math.max(1, Math.min(LARGEST_BATCH, Math.floor((LONGEST_BATCH * answered) / seconds))),
    suspects: Math.max(0, suspects - answered),
  };
}

export function afterDeath({ size }: Batching, requested: number): Batching {
  return { size, suspects: requested };
}
