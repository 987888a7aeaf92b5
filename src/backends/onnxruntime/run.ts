/**
 * One run of the graph: tokens of one or several sequences of equal past go in, their logits come out. What a run needs
 * beside the tokens is made here: the attention mask, positions, and room for the outputs.
 */
import { Tensor } from 'onnxruntime-node';
import type { Feeds, Fetches, KeyValueCache } from './cache.js';
import type { GraphSession } from './direct.js';
import type { Graph, IntegerInput } from './graph.js';
import { toFloat32 } from './half.js';
import type { RowCache } from './rows.js';

/** The logits of a sequence at one of the wanted tokens; the array is used again by the next call. */
export type LogitsAt = (sequence: number, token: number) => Float32Array;

/** Weights times tokens, bytes, from which a run takes long: some tens of milliseconds on a few cores. */
const LONG_RUN = 1e9;

export class GraphRunner {
  private readonly feeds: Feeds = {};
  private readonly fetches: Fetches = {};
  private readonly ids: SingleInteger;
  private readonly position: SingleInteger | null;
  private readonly converted: Float32Array;
  private ones = { int64: new BigInt64Array(0), int32: new Int32Array(0) };
  private logits: Float32Array | Uint16Array = new Float32Array(0);
  private logitsTensor: Tensor | null = null;

  constructor(
    private readonly session: GraphSession,
    private readonly graph: Graph,
    private readonly bytesOfWeights: number,
  ) {
    this.ids = new SingleInteger(graph.inputIds);
    this.position = graph.positionIds && new SingleInteger(graph.positionIds);
    this.converted = new Float32Array(graph.logits.type === 'float16' ? graph.logits.vocabulary : 0);
  }

  /** Reads one token on top of what the cache holds: the hot path, which makes nothing anew that need not be. */
  async step(cache: KeyValueCache, token: number, signal: AbortSignal): Promise<Float32Array> {
    const { feeds, graph } = this;
    const past = cache.length;
    feeds[graph.inputIds.name] = this.ids.holding(token);
    if (this.position) feeds[graph.positionIds!.name] = this.position.holding(past);
    if (graph.attentionMask) feeds[graph.attentionMask.name] = this.maskOfOnes(graph.attentionMask, past + 1);
    await this.execute(cache, { sequences: 1, count: 1, wanted: 1, signal });
    return this.row(0);
  }

  /** Reads one token of each row, and gives the logits at it. */
  async stepRows(rows: RowCache, tokens: readonly number[], signal: AbortSignal): Promise<LogitsAt> {
    const { feeds, graph } = this;
    const shape = [tokens.length, 1];
    feeds[graph.inputIds.name] = integers(graph.inputIds, tokens, shape);
    if (graph.positionIds) feeds[graph.positionIds.name] = integers(graph.positionIds, rows.lengths, shape);
    if (graph.attentionMask) feeds[graph.attentionMask.name] = maskOfRows(graph.attentionMask, rows);
    await this.execute(rows, { sequences: tokens.length, count: 1, wanted: 1, signal });
    return (row) => this.row(row);
  }

  /** Reads tokens on top of what the cache holds. */
  async run(cache: KeyValueCache, { sequences, wanted, signal }: Reading): Promise<LogitsAt> {
    const { feeds, graph } = this;
    const past = cache.length;
    const count = Math.max(...sequences.map((tokens) => tokens.length));
    const shape = [sequences.length, count];
    const padded = sequences.flatMap((tokens) => [...tokens, ...new Array<number>(count - tokens.length).fill(0)]);
    feeds[graph.inputIds.name] = integers(graph.inputIds, padded, shape);
    if (graph.positionIds) {
      const positions = sequences.flatMap(() => Array.from({ length: count }, (_, i) => past + i));
      feeds[graph.positionIds.name] = integers(graph.positionIds, positions, shape);
    }
    if (graph.attentionMask) {
      feeds[graph.attentionMask.name] =
        sequences.length === 1
          ? this.maskOfOnes(graph.attentionMask, past + count)
          : maskOfPadding(graph.attentionMask, sequences, past + count);
    }
    const keeps = await this.execute(cache, { sequences: sequences.length, count, wanted, signal });
    return (sequence, token) => this.row(sequence * keeps + keeps - wanted + token);
  }

  /** Runs the graph on what was fed, and returns of how many tokens there are logits. */
  private async execute(
    cache: Pick<KeyValueCache, 'length' | 'bind' | 'advance'>,
    { sequences, count, wanted, signal }: Run,
  ): Promise<number> {
    const { feeds, fetches, graph } = this;
    const keeps = graph.logitsToKeep === null ? count : Math.max(1, wanted);
    if (graph.logitsToKeep) feeds[graph.logitsToKeep.name] = integers(graph.logitsToKeep, [keeps], []);
    if (graph.hasCacheBranch) {
      feeds.use_cache_branch = new Tensor('bool', Uint8Array.of(cache.length > 0 ? 1 : 0), [1]);
    }
    if (wanted === 0) delete fetches[graph.logits.name];
    else fetches[graph.logits.name] = this.roomForLogits(sequences, keeps);
    cache.bind(feeds, fetches, count);
    const isLong = sequences * count * this.bytesOfWeights > LONG_RUN;
    await this.session.run(feeds, fetches, isLong ? signal : null);
    cache.advance(count);
    return keeps;
  }

  private roomForLogits(sequences: number, keeps: number): Tensor {
    const { type, vocabulary } = this.graph.logits;
    const room = this.logitsTensor;
    if (room?.dims[0] === sequences && room.dims[1] === keeps) return room;
    const size = sequences * keeps * vocabulary;
    if (this.logits.length < size) this.logits = type === 'float16' ? new Uint16Array(size) : new Float32Array(size);
    this.logitsTensor = new Tensor(type, this.logits.subarray(0, size), [sequences, keeps, vocabulary]);
    return this.logitsTensor;
  }

  private row(index: number): Float32Array {
    const { vocabulary } = this.graph.logits;
    const row = this.logits.subarray(index * vocabulary, (index + 1) * vocabulary);
    return row instanceof Uint16Array ? toFloat32(row, this.converted) : row;
  }

  /** The mask of one sequence, which attends to all its tokens. */
  private maskOfOnes({ type }: IntegerInput, length: number): Tensor {
    if (this.ones[type].length < length) {
      const capacity = 2 * length;
      this.ones = { int64: new BigInt64Array(capacity).fill(1n), int32: new Int32Array(capacity).fill(1) };
    }
    return new Tensor(type, this.ones[type].subarray(0, length), [1, length]);
  }
}

export interface Reading {
  /** Shorter sequences are padded at their end, where nothing looks at them. */
  readonly sequences: readonly (readonly number[])[];
  /** The number of tokens at the end whose logits are wanted; 0 keeps all logits inside the runtime. */
  readonly wanted: number;
  readonly signal: AbortSignal;
}

interface Run {
  readonly sequences: number;
  /** Tokens of each sequence, padding included. */
  readonly count: number;
  readonly wanted: number;
  readonly signal: AbortSignal;
}

/** A tensor of one number, which is written again for every step. */
class SingleInteger {
  private readonly wide = new BigInt64Array(1);
  private readonly narrow = new Int32Array(1);
  private readonly tensor: Tensor;

  constructor({ type }: IntegerInput) {
    this.tensor = new Tensor(type, type === 'int64' ? this.wide : this.narrow, [1, 1]);
  }

  holding(value: number): Tensor {
    this.wide[0] = BigInt(value);
    this.narrow[0] = value;
    return this.tensor;
  }
}

function maskOfPadding(input: IntegerInput, sequences: readonly (readonly number[])[], length: number): Tensor {
  const count = Math.max(...sequences.map((tokens) => tokens.length));
  const mask = sequences.flatMap((tokens) => {
    const end = length - count + tokens.length;
    return Array.from({ length }, (_, i) => (i < end ? 1 : 0));
  });
  return integers(input, mask, [sequences.length, length]);
}

function maskOfRows(input: IntegerInput, rows: RowCache): Tensor {
  const columns = rows.length + 1;
  const shape = [rows.lengths.length, columns];
  const mask = input.type === 'int64' ? new BigInt64Array(shape[0]! * columns) : new Int32Array(shape[0]! * columns);
  for (let row = 0; row < shape[0]!; row++) {
    const [from, to] = rows.seen(row);
    const [begin, end] = [row * columns + from, row * columns + to];
    if (mask instanceof Int32Array) mask.fill(1, begin, end);
    else mask.fill(1n, begin, end);
  }
  return new Tensor(input.type, mask, shape);
}

function integers({ type }: IntegerInput, values: readonly number[], shape: readonly number[]): Tensor {
  return new Tensor(type, type === 'int64' ? BigInt64Array.from(values, BigInt) : Int32Array.from(values), shape);
}
