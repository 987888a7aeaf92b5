/**
 * Unknown is not zero. A quantity is a number in base units (seconds, bytes, tokens, dollars), or it is missing with
 * the reason in words, which travels to the report beside the place where the number would have stood.
 */
export type Quantity = Known | Missing;

export interface Known {
  readonly value: number;
}

export interface Missing {
  readonly missing: string;
}

/** @throws RangeError when the number is NaN or infinite: such a number has no place in a log. */
export function known(value: number): Known {
  if (!Number.isFinite(value)) throw new RangeError(`Expected a finite number, got ${value}`);
  return { value };
}

export function missing(reason: string): Missing {
  return { missing: reason };
}

export function isMissing(quantity: object): quantity is Missing {
  return 'missing' in quantity;
}
