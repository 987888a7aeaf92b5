/** Sums over lists of numbers, so accurate that the order of a log's records does not change a report. */

/** A list of numbers. A long log has millions of them, and a typed array holds them outside the heap and sorts them natively. */
export type Values = readonly number[] | Float64Array;

/** Kahan-Neumaier sum: the rounding errors are summed beside the values. It starts at index `start` and ends before `end`. */
export function sum(values: Values, start = 0, end = values.length): number {
  let total = 0;
  let lost = 0;
  for (let i = start; i < end; i++) {
    const value = values[i]!;
    const next = total + value;
    lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
    total = next;
  }
  return total + lost;
}

/** The mean of at least one value. */
export function mean(values: Values): number {
  if (values.length === 0) throw new RangeError('Expected at least one value to take a mean of, got none');
  return sum(values) / values.length;
}

/** The unbiased variance (divided by n - 1) of at least two values. */
export function variance(values: Values): number {
  if (values.length < 2)
    throw new RangeError(`Expected at least two values to take a variance of, got ${values.length}`);
  const centre = mean(values);
  return sum(values.map((value) => (value - centre) ** 2)) / (values.length - 1);
}

/** The square root of the unbiased variance of at least two values. */
export function standardDeviation(values: Values): number {
  return Math.sqrt(variance(values));
}

/** Fewer values are sorted faster than a typed array of them is made. */
const FEW_VALUES = 40;

/** A new array, ascending. Typed arrays sort by number, natively. */
export function sorted(values: Float64Array): Float64Array;
export function sorted(values: readonly number[]): number[];
export function sorted(values: Values): Values;
export function sorted(values: Values): Values {
  if (values instanceof Float64Array) return values.toSorted();
  if (values.length > FEW_VALUES) return Array.from(Float64Array.from(values).sort());
  const ascending = values.slice();
  for (let i = 1; i < ascending.length; i++) {
    const value = ascending[i]!;
    let place = i;
    while (place > 0 && ascending[place - 1]! > value) ascending[place] = ascending[--place]!;
    ascending[place] = value;
  }
  return ascending;
}
