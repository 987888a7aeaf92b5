/** Returns at most `most` of the items, evenly spread, with both ends: nobody sees more points. */
export function everyNth<Item>(items: readonly Item[], most: number): Item[] {
  if (items.length <= most) return [...items];
  const step = (items.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, i) => items[Math.round(i * step)]!);
}

/** Six digits of a coordinate or a figure to sort by: no page shows more, and it holds thousands of them. */
export function sixDigits(value: number): number {
  return Number(value.toPrecision(6));
}
