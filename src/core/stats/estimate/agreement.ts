/**
 * Cohen's kappa: how far two judges agree beyond chance (Cohen 1960, Educational and Psychological Measurement 20:37). Chance
 * is the agreement of two judges who keep their own share of each verdict but give their verdicts at random.
 */
import { missing, type Quantity } from '../../quantity.js';

/** Past this the agreement by chance is 1, but for rounding. */
const CERTAIN = 1 - 1e-12;

export interface Agreement {
  /** Share of items on which the two agree. */
  readonly observed: number;
  /** Sum over the verdicts of the product of both judges' shares. */
  readonly expected: number;
}

/** `(observed - expected) / (1 - expected)`. It is missing where both judges give only one and the same verdict. */
export function cohenKappa({ observed, expected }: Agreement): Quantity {
  if (expected >= CERTAIN) return missing('only one label occurs');
  return { value: (observed - expected) / (1 - expected) };
}
