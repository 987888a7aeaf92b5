import type { StepTimes } from '../../../../src/core/capacity/simulate/step-times.js';

/** Times of steps in which nothing costs anything, but for what is given. */
export function timesOf(
  given: Partial<Omit<StepTimes, 'pass' | 'read'>> & { readonly pass?: number; readonly read?: number },
): StepTimes {
  const { pass = 0, read = 0, ...rest } = given;
  return {
    sequence: 0,
    several: 0,
    cached: 0,
    request: 0,
    shares: { memoryOfPass: 1, computeOfSequence: 1 },
    ...rest,
    pass: () => pass,
    read: (tokens) => tokens * read,
  };
}
