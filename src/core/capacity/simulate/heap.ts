/** A binary heap: the smallest key comes out first; of equal keys, in any order. */
export class Heap<T> {
  readonly #keys: number[] = [];
  readonly #items: T[] = [];

  get size(): number {
    return this.#keys.length;
  }

  /** The smallest key; infinity where there is none. */
  get least(): number {
    return this.#keys[0] ?? Number.POSITIVE_INFINITY;
  }

  /** The item with the smallest key. @throws RangeError when it is empty. */
  get first(): T {
    const item = this.#items[0];
    if (item === undefined) throw new RangeError('Expected an item in the heap, got none');
    return item;
  }

  /** All items, in no order. */
  get items(): readonly T[] {
    return this.#items;
  }

  push(key: number, item: T): void {
    const [keys, items] = [this.#keys, this.#items];
    let at = keys.length;
    keys.push(key);
    items.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (keys[parent]! <= key) break;
      keys[at] = keys[parent]!;
      items[at] = items[parent]!;
      at = parent;
    }
    keys[at] = key;
    items[at] = item;
  }

  /** @throws RangeError when it is empty. */
  pop(): T {
    const [keys, items] = [this.#keys, this.#items];
    if (keys.length === 0) throw new RangeError('Expected an item in the heap, got none');
    const top = items[0]!;
    const key = keys.pop()!;
    const item = items.pop()!;
    const size = keys.length;
    if (size === 0) return top;
    let at = 0;
    for (let child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && keys[child + 1]! < keys[child]!) child++;
      if (keys[child]! >= key) break;
      keys[at] = keys[child]!;
      items[at] = items[child]!;
      at = child;
    }
    keys[at] = key;
    items[at] = item;
    return top;
  }
}
