/**
 * What a part of the fuzzing is: a file that exports one `Part`. A part makes hostile inputs of one kind from a seed, hands each to
 * the built program, and says how the program ended and what was wrong with that. A case depends on the seed and its number only,
 * so that one that found a fault can be tried again alone.
 */
import type { Random } from '../src/core/stats/basics/random.js';

export interface Part {
  /** One line: what is made hostile, and who reads it. */
  readonly about: string;
  /** How many cases are tried by default, and with `--long`. */
  readonly cases: { readonly quick: number; readonly long: number };
  /** How many cases run side by side; without it, one. Their order is not that of their numbers then. */
  readonly atOnce?: number;
  open(): Promise<Trial>;
}

/** A part that is ready: what its cases share is made. */
export interface Trial {
  /** @param number Of the case, from 0. */
  attempt(random: Random, number: number): Promise<Outcome>;
  close(): Promise<void>;
}

export interface Outcome {
  /** How the case ended, as it is counted: `exit code 2`, `an answer`. */
  readonly ended: string;
  /** What was wrong; empty for a good end. */
  readonly faults: readonly string[];
  /** Seconds. */
  readonly took: number;
  /** The highest resident memory of all processes, bytes. */
  readonly memory: number;
  /** What shows a fault again: a command, or the input itself. */
  readonly again: string;
}
