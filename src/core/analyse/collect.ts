/** Records that are few, each once: their order and how often they were written change nothing. */
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

/** The entry of a map, which is made where there is none. */
export function entryOf<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

export function compare(a: number | string, b: number | string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
