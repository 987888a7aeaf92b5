/**
 * How far predictions were from measurements that the fit had not seen, and the interval that follows. Residuals are
 * `log(measured / predicted)` of groups that were left out. The rows of one group (a source, a device, a model) are alike, so each group
 * counts once. The interval is between the 5% and the 95% quantile of the residuals (split conformal prediction, arXiv 1604.04173, with
 * weights).
 */

export interface Residual {
  readonly group: string;
  readonly log: number;
}

/** The factors between a prediction and the ends of its 90% interval, as logarithms. */
export interface Spread {
  readonly low: number;
  readonly high: number;
  readonly groups: number;
}

const TAIL = 0.05;

/** @throws RangeError without residuals. */
export function spreadOf(residuals: readonly Residual[]): Spread {
  const sizes = new Map<string, number>();
  for (const { group } of residuals) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  const weighted = residuals
    .map(({ group, log }) => ({ log, weight: 1 / sizes.get(group)! }))
    .sort((a, b) => a.log - b.log);
  // One more group of the kind is what the interval is for: the quantile of split conformal prediction counts it among those outside.
  const outside = Math.max(0, TAIL * (sizes.size + 1) - 1);
  return {
    low: -quantileFromAbove(weighted.map(({ log, weight }) => ({ log: -log, weight })).reverse(), outside),
    high: quantileFromAbove(weighted, outside),
    groups: sizes.size,
  };
}

/** The smallest value whose greater values have a total weight of at most `above`. @param ascending sorted by `log`. */
function quantileFromAbove(
  ascending: readonly { readonly log: number; readonly weight: number }[],
  above: number,
): number {
  const last = ascending.at(-1);
  if (last === undefined) throw new RangeError('Expected residuals, got none');
  let over = 0;
  for (let i = ascending.length - 1; i > 0; i--) {
    over += ascending[i]!.weight;
    if (over > above) return ascending[i]!.log;
  }
  return ascending[0]!.log;
}
