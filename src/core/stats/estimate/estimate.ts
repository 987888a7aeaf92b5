/**
 * An estimate is a value that admits what it does not know: it cannot be made without its interval and its n. What cannot
 * be estimated is `{ missing: reason }`, never 0 or NaN.
 */

export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Values that the estimate rests on, before any allowance for clusters. */
  readonly n: number;
  /** The confidence of the two-sided interval: 0.95 leaves 2.5% outside on each side. */
  readonly confidence: number;
  readonly method: Method;
  /** How many clusters the values came in, when they came in clusters. */
  readonly clusters?: number;
  /** The effective sample size, where the values are autocorrelated. */
  readonly effective?: number;
  /** Present where the method has one. */
  readonly standardError?: number;
  /** What a reader must know before relying on it, and what to do about it. */
  readonly warnings: readonly string[];
}

/** How an interval was made; `docs/statistics.md` has a line on each. */
export type Method =
  | 'student-t'
  | 'clustered-t'
  | 'wilson'
  | 'clustered-wilson'
  | 'score'
  | 'all-values-equal'
  | 'order-statistics'
  | 'percentile-bootstrap'
  | 'bca-bootstrap'
  | 'clustered-least-squares'
  | 'log-ratio-t'
  | 'delong';
