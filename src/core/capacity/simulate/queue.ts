/** First come, first served, in constant time. */
export class Queue<T> {
  #items: T[] = [];
  #head = 0;
  /** The items that were put first. The last of them comes out next. */
  readonly #before: T[] = [];

  get size(): number {
    return this.#before.length + this.#items.length - this.#head;
  }

  /** @throws RangeError when it is empty. */
  get first(): T {
    const item = this.#before.at(-1) ?? this.#items[this.#head];
    if (item === undefined) throw new RangeError('Expected an item in the queue, got none');
    return item;
  }

  put(item: T): void {
    this.#items.push(item);
  }

  putFirst(item: T): void {
    this.#before.push(item);
  }

  take(): T {
    const item = this.first;
    if (this.#before.length > 0) this.#before.pop();
    else this.#head++;
    // Taken items are dropped now and then, so that the memory follows the length of the queue.
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
