/** A table of numbers that grows by rows, as typed arrays: an object for each row would be several times as large. */

/** Rows of a block. Blocks are never copied, unlike an array that grows. */
const BLOCK = 4096;

export class NumberTable<Column extends string> {
  readonly #places: Readonly<Record<Column, number>>;
  readonly #width: number;
  /** One array for each column. A column in which a block has no number takes no memory there. */
  readonly #blocks: (Float64Array | undefined)[][] = [];
  #length = 0;

  constructor(columns: readonly Column[]) {
    const places = columns.map((column, place) => [column, place]);
    this.#places = Object.fromEntries(places) as Record<Column, number>;
    this.#width = columns.length;
  }

  get length(): number {
    return this.#length;
  }

  /** @returns The number of the new row. */
  push(values: Readonly<Partial<Record<Column, number | undefined>>>): number {
    const row = this.#length++;
    if (row % BLOCK === 0) this.#blocks.push(new Array(this.#width).fill(undefined));
    for (const column in values) {
      const value = values[column];
      if (value !== undefined) this.set(row, column, value);
    }
    return row;
  }

  set(row: number, column: Column, value: number): void {
    const block = this.#blocks[Math.floor(row / BLOCK)]!;
    const place = this.#places[column];
    const numbers = block[place] ?? new Float64Array(BLOCK).fill(Number.NaN);
    block[place] = numbers;
    numbers[row % BLOCK] = value;
  }

  /** Undefined where the row has none. */
  get(row: number, column: Column): number | undefined {
    const value = this.#blocks[Math.floor(row / BLOCK)]![this.#places[column]]?.[row % BLOCK];
    return value === undefined || Number.isNaN(value) ? undefined : value;
  }
}
