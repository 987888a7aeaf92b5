/** A batch of tokens, as llama.cpp reads it: parallel arrays in memory outside JavaScript, by their addresses. */
import koffi from 'koffi';
import type { Span } from './engine.js';
import type { Batch } from './interface.js';

/** The arrays of a `llama_batch`, in memory that the library reads. */
export function createBatch(size: number) {
  const [tokens, positions, counts, sequences] = [0, 1, 2, 3].map(() => koffi.alloc('int32_t', size) as bigint);
  const pointers = koffi.alloc('uint64_t', size) as bigint;
  const flags = koffi.alloc('int8_t', size) as bigint;
  const numbers = (address: bigint) => new Int32Array(koffi.view(address, size * 4));
  const token = numbers(tokens!);
  const position = numbers(positions!);
  const sequence = numbers(sequences!);
  const logits = new Int8Array(koffi.view(flags, size));
  numbers(counts!).fill(1);
  // Each token is of one sequence, so each list of sequences is one number long.
  const lists = new BigUint64Array(koffi.view(pointers, size * 8));
  for (let at = 0; at < size; at++) lists[at] = koffi.address(sequences) + BigInt(at * 4);
  const struct: Batch = {
    n_tokens: 0,
    token: tokens!,
    embd: null,
    pos: positions!,
    n_seq_id: counts!,
    seq_id: pointers,
    logits: flags,
  };
  return {
    struct,
    /** Returns for each span the places of the tokens whose logits it wants. */
    fill(spans: readonly Span[]): readonly (readonly number[])[] {
      let at = 0;
      const places = spans.map((span) => {
        const wanted: number[] = [];
        for (let index = 0; index < span.tokens.length; index++, at++) {
          const wants = span.logits === 'all' || (span.logits === 'last' && index === span.tokens.length - 1);
          token[at] = span.tokens[index]!;
          position[at] = span.position + index;
          sequence[at] = span.sequence;
          logits[at] = wants ? 1 : 0;
          if (wants) wanted.push(at);
        }
        return wanted;
      });
      struct.n_tokens = at;
      return places;
    },
    free: () => {
      for (const address of [tokens, positions, counts, sequences, pointers, flags]) koffi.free(address);
    },
  };
}
