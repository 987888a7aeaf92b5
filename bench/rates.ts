/** What the processes of both sides of a comparison are asked, and answer. */

/** Tokens whose prefill is timed. */
export const PROMPT = 128;

/** Tokens. */
export interface Lengths {
  readonly answer: number;
  /** Those before the answer. */
  readonly depth: number;
}

/** Tokens per second. */
export interface Rates {
  readonly prefill: number;
  readonly decode: number;
}

export interface OurFacts {
  readonly threads: number;
  /** Tokens before the answer whose tokens are timed. */
  readonly depth: number;
}
