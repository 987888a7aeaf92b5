/**
 * One run of the graph: tokens of one or several sequences of equal past go in, their logits come out. What a run needs
 * beside the tokens is made here: the attention mask, positions, and room for the outputs.
 */
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import type { Feeds, Fetches, KeyValueCache } from './cache.js';
import type { Graph, IntegerInput } from './graph.js';
import { toFloat32 } from './half.js';

/** The logits of a sequence at one of the wanted tokens; the array is used again by the next call. */
export type LogitsAt = (sequence: number, token: number) => Float32Array;

export class GraphRunner {
  private readonly feeds: Feeds = {};
  private readonly fetches: Fetches = {};
  private readonly converted: Float32Array;
  private ones = { int64: new BigInt64Array(0), int32: new Int32Array(0) };
  private logits: Float32Array | Uint16Array = new Float32Array(0);

  constructor(
    private readonly session: InferenceSession,
    private readonly graph: Graph,
  ) {
    this.converted = new Float32Array(graph.logits.type === 'float16' ? graph.logits.vocabulary : 0);
  }

  /**
   * Reads tokens on top of what the cache holds; shorter sequences are padded at their end, where nothing looks at them.
   *
   * @param wanted of how many tokens at the end the logits are wanted; 0 keeps them all inside the runtime.
   */
  async run(cache: KeyValueCache, sequences: readonly (readonly number[])[], wanted: number): Promise<LogitsAt> {
    const { feeds, fetches, graph } = this;
    const count = Math.max(...sequences.map((tokens) => tokens.length));
    const past = cache.length;
    const keeps = graph.logitsToKeep === null ? count : Math.max(1, wanted);
    this.feedTokens(sequences, past, count);
    if (graph.hasCacheBranch) feeds.use_cache_branch = new Tensor('bool', Uint8Array.of(past > 0 ? 1 : 0), [1]);
    if (graph.logitsToKeep) feeds[graph.logitsToKeep.name] = integers(graph.logitsToKeep, [keeps], []);
    cache.bind(feeds, fetches, count);
    const { name, type, vocabulary } = graph.logits;
    if (wanted === 0) delete fetches[name];
    else {
      const shape = [sequences.length, keeps, vocabulary];
      fetches[name] = new Tensor(type, this.room(sequences.length * keeps * vocabulary), shape);
    }
    await this.session.run(feeds, fetches);
    cache.advance(count);
    return (sequence, token) => this.row(sequence * keeps + keeps - wanted + token);
  }

  private feedTokens(sequences: readonly (readonly number[])[], past: number, count: number): void {
    const { inputIds, attentionMask, positionIds } = this.graph;
    const shape = [sequences.length, count];
    const padded = sequences.flatMap((tokens) => [...tokens, ...new Array<number>(count - tokens.length).fill(0)]);
    this.feeds[inputIds.name] = integers(inputIds, padded, shape);
    if (attentionMask) this.feeds[attentionMask.name] = this.mask(attentionMask, sequences, past + count);
    if (positionIds) {
      const positions = sequences.flatMap(() => Array.from({ length: count }, (_, i) => past + i));
      this.feeds[positionIds.name] = integers(positionIds, positions, shape);
    }
  }

  /** One sequence attends to all it has; of several, the padding is masked out. */
  private mask(input: IntegerInput, sequences: readonly (readonly number[])[], length: number): Tensor {
    if (sequences.length > 1) {
      const count = Math.max(...sequences.map((tokens) => tokens.length));
      const mask = sequences.flatMap((tokens) => {
        const end = length - count + tokens.length;
        return Array.from({ length }, (_, i) => (i < end ? 1 : 0));
      });
      return integers(input, mask, [sequences.length, length]);
    }
    if (this.ones[input.type].length < length) {
      const capacity = 2 * length;
      this.ones = { int64: new BigInt64Array(capacity).fill(1n), int32: new Int32Array(capacity).fill(1) };
    }
    return new Tensor(input.type, this.ones[input.type].subarray(0, length), [1, length]);
  }

  private room(size: number): Float32Array | Uint16Array {
    if (this.logits.length < size) {
      this.logits = this.graph.logits.type === 'float16' ? new Uint16Array(size) : new Float32Array(size);
    }
    return this.logits.subarray(0, size);
  }

  private row(index: number): Float32Array {
    const { vocabulary } = this.graph.logits;
    const row = this.logits.subarray(index * vocabulary, (index + 1) * vocabulary);
    return row instanceof Uint16Array ? toFloat32(row, this.converted) : row;
  }
}

function integers({ type }: IntegerInput, values: readonly number[], shape: readonly number[]): Tensor {
  return new Tensor(type, type === 'int64' ? BigInt64Array.from(values, BigInt) : Int32Array.from(values), shape);
}
