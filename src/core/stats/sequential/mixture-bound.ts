/** The shared last step of the mixture bounds: at which sum does a rising log-mixture reach a threshold? */

/**
 * The s in (0, limit] with `logMixture(s) = threshold`, by bisection to 1e-12 of its size; `limit` itself when the mixture
 * stays below. The mixture must rise with s.
 */
export function findMixtureBound(
  logMixture: (s: number) => number,
  options: { readonly threshold: number; readonly start: number; readonly limit?: number },
): number {
  const { threshold, start, limit = Number.MAX_VALUE } = options;
  let high = Math.min(start, limit);
  while (logMixture(high) <= threshold) {
    if (high >= limit) return limit;
    high = Math.min(2 * high, limit);
  }
  let low = 0;
  while (high - low > 1e-12 * high) {
    const middle = (low + high) / 2;
    if (logMixture(middle) > threshold) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}
