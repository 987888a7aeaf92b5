/** What the fold gathers besides trials: records that are few. */

/** Records that are few, each once, whatever their order and however often they were written. */
export class Distinct<T> {
  readonly #byText = new Map<string, T>();

  add(record: T): void {
    this.#byText.set(JSON.stringify(record), record);
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

export function compare(a: number | string, b: number | string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Names hold no slash, so a joined key stands for one thing. */
export function keyOf(first: string, second: string): string {
  return `${first}/${second}`;
}
