/** What a load test can search. The command line needs no schema for it. */
export const SOUGHT_LOADS = ['users', 'concurrency', 'rate'] as const;
