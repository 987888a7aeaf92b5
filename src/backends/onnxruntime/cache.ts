/**
 * The cache of keys and values: what attention needs of every earlier token, so that each token is computed once. It is
 * most of what a long context costs: `2 x layers x kvHeads x headSize x bytes` per token. Decoders as ONNX come in two kinds:
 *
 *     appended   the graph concatenates past and new (`Concat`) into a present that is one step longer. Two buffers per
 *                tensor take turns: what was written as present is read as past in the next step.
 *     shared     the graph writes new keys and values in place (`GroupQueryAttention`) when past and present are the same
 *                memory; nothing is ever copied, and forgetting tokens is free.
 *
 * Both write into memory of ours, so that the runtime neither allocates nor copies outputs.
 */
import { Tensor } from 'onnxruntime-node';

export type Feeds = Record<string, Tensor>;
export type Fetches = Record<string, Tensor>;

export interface CacheShape {
  /** Names of the inputs that take the past and of the outputs that give the present, in the same order. */
  readonly past: readonly string[];
  readonly present: readonly string[];
  readonly type: 'float32' | 'float16';
  readonly kvHeads: number;
  readonly headSize: number;
}

export interface KeyValueCache {
  /** Tokens in it. */
  readonly length: number;
  /** Keys and values as they lie in memory: those of a head and of the next are `stride` tokens apart. */
  readonly contents: { readonly values: readonly Values[]; readonly stride: number };
  /** Reserves memory for this many tokens in all. */
  reserve(tokens: number): void;
  /** Hands the past to the next run, and room for a present that is `count` tokens longer. */
  bind(feeds: Feeds, fetches: Fetches, count: number): void;
  /** The run has written `count` tokens. */
  advance(count: number): void;
  /** Forgets all but the first `length` tokens. */
  truncate(length: number): void;
}

export type Values = Float32Array | Uint16Array;

/** Capacity grows in steps, so that prompts of similar length find their room already there. */
const STEP = 256;

const roundUp = (tokens: number) => Math.ceil(tokens / STEP) * STEP;

export function allocate(type: CacheShape['type'], length: number): Values {
  return type === 'float16' ? new Uint16Array(length) : new Float32Array(length);
}

export class AppendedCache implements KeyValueCache {
  length = 0;
  private capacity = 0;
  /** What was written last, and what will be written next. */
  private current: Values[] = [];
  private spare: Values[] = [];
  private past: Tensor[] = [];
  private present: Tensor[] = [];

  /** How many sequences run side by side. */
  private sequences = 1;

  constructor(private readonly shape: CacheShape) {}

  get contents() {
    return { values: this.current, stride: this.length };
  }

  reserve(tokens: number): void {
    if (tokens <= this.capacity) return;
    this.capacity = roundUp(tokens);
    const grown = this.shape.past.map(() => allocate(this.shape.type, this.sizeOf(this.capacity)));
    for (const [i, values] of this.current.entries()) grown[i]!.set(values.subarray(0, this.sizeOf(this.length)));
    this.current = grown;
    this.spare = grown.map((values) => allocate(this.shape.type, values.length));
    this.past = this.tensors(this.current, this.length);
  }

  bind(feeds: Feeds, fetches: Fetches, count: number): void {
    this.present = this.tensors(this.spare, this.length + count);
    const { past, present } = this.shape;
    for (let i = 0; i < past.length; i++) {
      feeds[past[i]!] = this.past[i]!;
      fetches[present[i]!] = this.present[i]!;
    }
  }

  advance(count: number): void {
    [this.current, this.spare] = [this.spare, this.current];
    this.past = this.present;
    this.length += count;
  }

  truncate(length: number): void {
    if (length === this.length) return;
    // A tensor is (sequences, heads, tokens, headSize) without gaps: each head moves up behind the one before it.
    const from = this.length * this.shape.headSize;
    const to = length * this.shape.headSize;
    for (const values of this.current) {
      for (let head = 1; head < this.sequences * this.shape.kvHeads; head++) {
        values.copyWithin(head * to, head * from, head * from + to);
      }
    }
    this.length = length;
    this.past = this.tensors(this.current, length);
  }

  /**
   * Becomes a copy of a cache of one sequence, for several sequences that go on differently, up to `tokens` tokens. Its memory is
   * used again: new memory of that size would cost more than the copying.
   */
  repeat(source: AppendedCache, sequences: number, tokens: number): void {
    this.sequences = sequences;
    const needed = this.sizeOf(tokens);
    if ((this.current[0]?.length ?? 0) < needed) {
      this.current = this.shape.past.map(() => allocate(this.shape.type, needed));
      this.spare = this.shape.past.map(() => allocate(this.shape.type, needed));
    }
    const size = source.sizeOf(source.length);
    for (const [i, values] of source.current.entries()) {
      for (let k = 0; k < sequences; k++) this.current[i]!.set(values.subarray(0, size), k * size);
    }
    this.capacity = tokens;
    this.length = source.length;
    this.past = this.tensors(this.current, this.length);
  }

  private sizeOf(tokens: number): number {
    return this.sequences * this.shape.kvHeads * tokens * this.shape.headSize;
  }

  private tensors(buffers: readonly Values[], tokens: number): Tensor[] {
    const { type, kvHeads, headSize } = this.shape;
    const size = this.sizeOf(tokens);
    return buffers.map(
      (values) => new Tensor(type, values.subarray(0, size), [this.sequences, kvHeads, tokens, headSize]),
    );
  }
}

export class SharedCache implements KeyValueCache {
  length = 0;
  private capacity = 0;
  private tensors: Tensor[] = [];
  private values: Values[] = [];

  /** @param limit tokens beyond which the model has no positions. */
  constructor(
    private readonly shape: CacheShape,
    private readonly limit: number,
  ) {
    this.reserve(STEP);
  }

  get contents() {
    return { values: this.values, stride: this.capacity };
  }

  reserve(tokens: number): void {
    if (tokens <= this.capacity) return;
    const { type, kvHeads, headSize } = this.shape;
    const before = this.values;
    const oldHead = this.capacity * headSize;
    this.capacity = Math.min(roundUp(tokens), this.limit);
    const head = this.capacity * headSize;
    this.values = this.shape.past.map(() => allocate(type, kvHeads * head));
    for (const [i, old] of before.entries()) {
      for (let k = 0; k < kvHeads; k++) this.values[i]!.set(old.subarray(k * oldHead, (k + 1) * oldHead), k * head);
    }
    this.tensors = this.values.map((values) => new Tensor(type, values, [1, kvHeads, this.capacity, headSize]));
  }

  bind(feeds: Feeds, fetches: Fetches): void {
    const { past, present } = this.shape;
    for (let i = 0; i < past.length; i++) {
      feeds[past[i]!] = this.tensors[i]!;
      fetches[present[i]!] = this.tensors[i]!;
    }
  }

  advance(count: number): void {
    this.length += count;
  }

  truncate(length: number): void {
    this.length = length;
  }
}
