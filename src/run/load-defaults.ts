/** The settings of a load test that names none. The command line shows them, so this file loads nothing. */
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
