/** The title of a chart is a claim. It is the first of several findings whose predicate holds for the data that are drawn. */
export interface Finding<Facts> {
  holds(facts: Facts): boolean;
  say(facts: Facts): string;
}

/** @param otherwise What can be said of any data. */
export function titleOf<Facts>(
  facts: Facts,
  findings: readonly Finding<Facts>[],
  otherwise: (facts: Facts) => string,
): string {
  return (findings.find(({ holds }) => holds(facts))?.say ?? otherwise)(facts);
}

interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Whether two values can be told apart: their intervals have no value in common. */
export function areApart(a: Interval, b: Interval): boolean {
  return a.high < b.low || b.high < a.low;
}
