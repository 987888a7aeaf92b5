/** Turns calls into a stream: one reader can iterate over the pushed items, in order. */
export interface Queue<T> extends AsyncIterable<T> {
  push(value: T): void;
  end(): void;
  fail(error: unknown): void;
}

export function createQueue<T>(): Queue<T> {
  const values: T[] = [];
  let over: { readonly error?: unknown } | null = null;
  let wake = () => {};
  return {
    push(value) {
      values.push(value);
      wake();
    },
    end() {
      over = {};
      wake();
    },
    fail(error) {
      over = { error };
      wake();
    },
    async *[Symbol.asyncIterator]() {
      while (true) {
        const value = values.shift();
        if (value !== undefined) yield value;
        else if (over === null) await new Promise<void>((resolve) => (wake = resolve));
        else if ('error' in over) throw over.error;
        else return;
      }
    },
  };
}
