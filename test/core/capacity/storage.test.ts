import { describe, expect, it } from 'vitest';
import { ESTIMATED_WEIGHTS } from '../../../src/core/capacity/memory-interval.js';
import { publishedModels } from '../../../src/core/capacity/model-cost.js';
import { allWeights } from '../../../src/core/capacity/shape.js';

const GiB = 2 ** 30;
const MiB = 2 ** 20;
const weightsOf = (name: string) => allWeights(publishedModels(name, 'q4_k_m')[0]!.shape.weights).bytes;

/** What `llama-bench` printed as the size of published files; of Llama 3.1 70B the sizes of files, in billions of bytes. */
const STATED: readonly (readonly [name: string, bytes: number])[] = [
  ['llama-2-7b:q4_k_m', 3.8 * GiB],
  ['llama-2-7b:q4_0', 3.56 * GiB],
  ['llama-3.2-3b:q4_k_m', 1.87 * GiB],
  ['llama-3.2-1b:q8_0', 1.22 * GiB],
  ['llama-3.1-8b:q4_k_m', 4.58 * GiB],
  ['tinyllama-1.1b:q4_k_m', 636.18 * MiB],
  ['qwen2.5-3b:q4_k_m', 1.79 * GiB],
  ['qwen2.5-3b:q8_0', 3.05 * GiB],
  ['qwen3-8b:q4_k_m', 4.68 * GiB],
  ['qwen3-8b:q6_k', 6.26 * GiB],
  ['phi-3-mini:q4_k_m', 2.23 * GiB],
  ['phi-3-mini:q8_0', 3.78 * GiB],
  ['phi-4-mini:q4_k_m', 2.31 * GiB],
  ['gemma-3-1b:q4_k_m', 762.49 * MiB],
  ['llama-3.1-70b:q6_k', 57.89e9],
  ['llama-3.1-70b:q5_k_m', 49.95e9],
  ['llama-3.1-70b:q4_k_m', 42.52e9],
  ['llama-3.1-70b:q3_k_l', 37.14e9],
  ['llama-3.1-70b:q3_k_m', 34.27e9],
  ['llama-3.1-70b:q3_k_s', 30.91e9],
  ['llama-3.1-70b:iq4_xs', 37.9e9],
  ['llama-3.1-70b:iq3_m', 31.94e9],
];

describe('the bytes of weights by bits of a weight', () => {
  it.each(STATED)('are within the stated error: %s', (name, bytes) => {
    const ratio = bytes / weightsOf(name);
    // The stated sizes have three digits.
    expect(ratio).toBeGreaterThan(ESTIMATED_WEIGHTS.low - 0.002);
    expect(ratio).toBeLessThan(ESTIMATED_WEIGHTS.high + 0.002);
  });

  it('are those of blocks of 32 where rows are no whole blocks of 256', () => {
    // 896 values a row. The published file has a copy of its output matrix (Q8_0) as an embedding (Q5_0) beside it.
    const copy = (151_936 * 896 * 5.5) / 8;
    expect((462.96 * MiB - copy) / weightsOf('qwen2.5-0.5b:q4_k_m')).toBeCloseTo(1, 2);
  });

  it('have an output matrix of 8 bits where rows are no whole blocks of 256, whatever the body has', () => {
    // 576 values a row, and the output matrix is the embedding too: the sum of the tensors of the published file.
    expect(96_576_768 / weightsOf('smollm2-135m:q4_1')).toBeCloseTo(1, 2);
  });
});
