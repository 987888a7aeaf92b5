/** A set of records of a rare type. Neither their order nor repeated records change the result. */
export class Distinct<T> {
  readonly #byText = new Map<string, T>();

  add(record: T): void {
    this.#byText.set(JSON.stringify(record), record);
  }

  all(): T[] {
    return [...this.#byText.values()];
  }

  values(wanted: (record: T) => boolean, order: (record: T) => number | string): T[] {
    const key = ([text, record]: [string, T]) => ({ text, rank: order(record), record });
    return [...this.#byText]
      .map(key)
      .filter(({ record }) => wanted(record))
      .sort((a, b) => compare(a.rank, b.rank) || compare(a.text, b.text))
      .map(({ record }) => record);
  }
}

/** Returns the entry of a map, and makes it if it is absent. */
export function entryOf<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const existing = map.get(key);
  if (existing !== undefined) return existing;
  const made = make();
  map.set(key, made);
  return made;
}

export function compare(a: number | string, b: number | string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
