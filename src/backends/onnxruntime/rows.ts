/**
 * The caches of answers that grow side by side, as the rows of one batch. Texts are of different lengths and tensors are not,
 * so some columns of a row hold nothing, and the attention mask hides them. Where they lie depends on the graph (see cache.ts):
 *
 *     appended    . . . R o u t e   i t    every run adds a column to all rows, so rows end together
 *                 W r i t e   a   n o t e
 *     shared      R o u t e   i t . . .    every run writes behind what the mask says a row holds, so rows begin together
 *                 W r i t e   a   n o t e
 *
 * A row that joins becomes the last, and the last takes the place of one that leaves: nothing else is copied.
 */
import { Tensor } from 'onnxruntime-node';
import { allocate, type CacheShape, type Feeds, type Fetches, type KeyValueCache, type Values } from './cache.js';

/** A run sees a cache whose `length` is the number of columns. Every run adds one token to each row. */
export interface RowCache extends Pick<KeyValueCache, 'length'> {
  /** Tokens that each row holds. */
  readonly lengths: readonly number[];
  /** The columns that a row sees in the next run. */
  seen(row: number): readonly [from: number, to: number];
  /** Adds a row at the end. It begins as a copy of a cache and will hold at most this many tokens. */
  join(source: KeyValueCache, most: number): void;
  /** Removes a row; the last one takes its place. */
  leave(row: number): void;
  bind(feeds: Feeds, fetches: Fetches): void;
  advance(): void;
}

export function createRows(shape: CacheShape, kind: 'appended' | 'shared'): RowCache {
  return kind === 'shared' ? new SharedRows(shape) : new AppendedRows(shape);
}

/** Tokens of some heads: those of head `head` and the next lie `stride` tokens apart, the first of them at token `at`. */
interface Place {
  readonly values: readonly Values[];
  readonly head: number;
  readonly stride: number;
  readonly at: number;
}

/** Empty columns that are kept before all rows are moved together. */
const MOST_EMPTY = 32;
/** Room grows by half, so that a batch that grows by a column at a time seldom needs more. */
const GROWTH = 1.5;

class AppendedRows implements RowCache {
  readonly lengths: number[] = [];
  length = 0;
  private current: Values[] = [];
  private spare: Values[] = [];

  constructor(private readonly shape: CacheShape) {}

  seen(row: number): readonly [number, number] {
    return [this.length - this.lengths[row]!, this.length + 1];
  }

  join(source: KeyValueCache): void {
    const { length } = source;
    const row = this.lengths.length;
    if (length > this.length) this.widen(length);
    this.reserve(row + 1, this.length);
    const to = { values: this.current, head: this.heads(row), stride: this.length, at: this.length - length };
    copy(this.shape, { ...source.contents, head: 0, at: 0 }, to, { heads: this.shape.kvHeads, tokens: length });
    this.lengths.push(length);
  }

  leave(row: number): void {
    putLastInPlaceOf(row, this.lengths, this.current, this.sizeOf(1, this.length));
    const longest = Math.max(0, ...this.lengths);
    if (this.length - longest > MOST_EMPTY) this.widen(longest);
  }

  bind(feeds: Feeds, fetches: Fetches): void {
    this.reserve(this.lengths.length, this.length + 1);
    const { past, present, type, kvHeads, headSize } = this.shape;
    const tensor = (values: Values, width: number) => {
      const size = this.sizeOf(this.lengths.length, width);
      return new Tensor(type, values.subarray(0, size), [this.lengths.length, kvHeads, width, headSize]);
    };
    for (let i = 0; i < past.length; i++) {
      feeds[past[i]!] = tensor(this.current[i]!, this.length);
      fetches[present[i]!] = tensor(this.spare[i]!, this.length + 1);
    }
  }

  advance(): void {
    [this.current, this.spare] = [this.spare, this.current];
    this.length++;
    for (let row = 0; row < this.lengths.length; row++) this.lengths[row]!++;
  }

  /** Moves all rows into columns that are more, or fewer. */
  private widen(width: number): void {
    this.reserve(this.lengths.length, width);
    const tokens = Math.min(width, this.length);
    const from = { values: this.current, head: 0, stride: this.length, at: this.length - tokens };
    const to = { values: this.spare, head: 0, stride: width, at: width - tokens };
    copy(this.shape, from, to, { heads: this.heads(this.lengths.length), tokens });
    [this.current, this.spare] = [this.spare, this.current];
    this.length = width;
  }

  private reserve(rows: number, width: number): void {
    const size = this.sizeOf(rows, width);
    if (size <= (this.current[0]?.length ?? 0)) return;
    const held = this.sizeOf(this.lengths.length, this.length);
    const grown = this.shape.past.map(() => allocate(this.shape.type, Math.ceil(GROWTH * size)));
    for (const [i, values] of this.current.entries()) grown[i]!.set(values.subarray(0, held));
    this.current = grown;
    this.spare = grown.map((values) => allocate(this.shape.type, values.length));
  }

  private heads(rows: number): number {
    return rows * this.shape.kvHeads;
  }

  private sizeOf(rows: number, width: number): number {
    return this.heads(rows) * width * this.shape.headSize;
  }
}

class SharedRows implements RowCache {
  readonly lengths: number[] = [];
  private capacity = 0;
  /** Rows that there is memory for. */
  private room = 0;
  private values: Values[] = [];
  private tensors: Tensor[] = [];

  constructor(private readonly shape: CacheShape) {}

  get length(): number {
    return Math.max(0, ...this.lengths);
  }

  seen(row: number): readonly [number, number] {
    return [0, this.lengths[row]! + 1];
  }

  join(source: KeyValueCache, most: number): void {
    const { kvHeads } = this.shape;
    const { length } = source;
    this.reserve(this.lengths.length + 1, most);
    const head = this.lengths.length * kvHeads;
    const to = { values: this.values, head, stride: this.capacity, at: 0 };
    copy(this.shape, { ...source.contents, head: 0, at: 0 }, to, { heads: kvHeads, tokens: length });
    this.lengths.push(length);
    this.makeTensors();
  }

  leave(row: number): void {
    const { kvHeads, headSize } = this.shape;
    putLastInPlaceOf(row, this.lengths, this.values, kvHeads * this.capacity * headSize);
    this.makeTensors();
  }

  bind(feeds: Feeds, fetches: Fetches): void {
    const { past, present } = this.shape;
    for (let i = 0; i < past.length; i++) {
      feeds[past[i]!] = this.tensors[i]!;
      fetches[present[i]!] = this.tensors[i]!;
    }
  }

  advance(): void {
    for (let row = 0; row < this.lengths.length; row++) this.lengths[row]!++;
  }

  private makeTensors(): void {
    const { type, kvHeads, headSize } = this.shape;
    const rows = this.lengths.length;
    const size = rows * kvHeads * this.capacity * headSize;
    this.tensors = this.values.map(
      (values) => new Tensor(type, values.subarray(0, size), [rows, kvHeads, this.capacity, headSize]),
    );
  }

  private reserve(rows: number, tokens: number): void {
    if (rows <= this.room && tokens <= this.capacity) return;
    const { type, kvHeads, headSize, past } = this.shape;
    const before = { values: this.values, head: 0, stride: this.capacity, at: 0 };
    this.room = rows <= this.room ? this.room : Math.ceil(GROWTH * rows);
    this.capacity = tokens <= this.capacity ? this.capacity : Math.ceil(GROWTH * tokens);
    this.values = past.map(() => allocate(type, this.room * kvHeads * this.capacity * headSize));
    const heads = this.lengths.length * kvHeads;
    const after = { values: this.values, head: 0, stride: this.capacity, at: 0 };
    copy(this.shape, before, after, { heads, tokens: this.length });
  }
}

/** @param size elements that a row takes of the values. */
function putLastInPlaceOf(row: number, lengths: number[], values: readonly Values[], size: number): void {
  const last = lengths.pop()!;
  if (row === lengths.length) return;
  lengths[row] = last;
  const from = lengths.length * size;
  for (const one of values) one.copyWithin(row * size, from, from + size);
}

function copy(
  { headSize }: CacheShape,
  from: Place,
  to: Place,
  { heads, tokens }: { readonly heads: number; readonly tokens: number },
): void {
  for (const [i, target] of to.values.entries()) {
    if (heads === 0) return;
    const source = from.values[i]!;
    for (let head = 0; head < heads; head++) {
      const begin = ((from.head + head) * from.stride + from.at) * headSize;
      target.set(source.subarray(begin, begin + tokens * headSize), ((to.head + head) * to.stride + to.at) * headSize);
    }
  }
}
