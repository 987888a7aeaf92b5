import { describe, expect, it } from 'vitest';
import { shapeOfGguf } from '../../../src/core/capacity/gguf.js';
import { allWeights, expertsRead, type Weights, weightsRead } from '../../../src/core/capacity/shape.js';

const part = (parameters: number) => ({ parameters, bytes: 2 * parameters });
const dense: Weights = { embedding: part(10), output: part(20), body: part(100), experts: null };

describe('the weights that a step reads', () => {
  it('are the body and the output matrix, not the table of the embedding', () => {
    expect(weightsRead(dense, 1).parameters).toBe(120);
  });

  it('are those of the embedding where it is the output too', () => {
    expect(weightsRead({ ...dense, output: null }, 1).parameters).toBe(110);
  });

  it('are not the tables for each layer of Gemma 3n, of which a token looks up a row', () => {
    const tensor = (name: string, parameters: number) => ({ name, ...part(parameters) });
    const fields = { embedding_length: 4, block_count: 1, 'attention.head_count': 1, feed_forward_length: 8 };
    const metadata = Object.fromEntries(Object.entries(fields).map(([name, value]) => [`gemma3n.${name}`, value]));
    const tensors = [
      tensor('token_embd.weight', 40),
      tensor('per_layer_token_embd.weight', 900),
      tensor('per_layer_proj_norm.weight', 1),
      tensor('blk.0.attn_q.weight', 16),
    ];
    const shape = shapeOfGguf({ metadata: { 'general.architecture': 'gemma3n', ...metadata }, tensors }, 'x');
    expect(weightsRead(shape.weights, 1).parameters).toBe(40 + 1 + 16);
    expect(allWeights(shape.weights).parameters).toBe(957);
    expect(shape.vocabulary).toBe(10);
  });

  it('are those of the experts that a token uses, and of more experts for more tokens', () => {
    const experts = { ...part(800), count: 8, used: 2 };
    expect(expertsRead(experts, 1).parameters).toBeCloseTo(200);
    // Each of two tokens leaves 6 of 8 experts: both leave 36 of 64.
    expect(expertsRead(experts, 2).parameters).toBeCloseTo(800 * (1 - 36 / 64));
    expect(expertsRead(experts, 64).parameters).toBeCloseTo(800, 1);
  });
});
