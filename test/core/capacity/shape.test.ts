import { describe, expect, it } from 'vitest';
import { expertsRead, type Weights, weightsRead } from '../../../src/core/capacity/shape.js';

const part = (parameters: number) => ({ parameters, bytes: 2 * parameters });
const dense: Weights = { embedding: part(10), output: part(20), body: part(100), experts: null };

describe('the weights that a step reads', () => {
  it('are the body and the output matrix, not the table of the embedding', () => {
    expect(weightsRead(dense, 1).parameters).toBe(120);
  });

  it('are those of the embedding where it is the output too', () => {
    expect(weightsRead({ ...dense, output: null }, 1).parameters).toBe(110);
  });

  it('are those of the experts that a token uses, and of more experts for more tokens', () => {
    const experts = { ...part(800), count: 8, used: 2 };
    expect(expertsRead(experts, 1).parameters).toBeCloseTo(200);
    // Each of two tokens leaves 6 of 8 experts: both leave 36 of 64.
    expect(expertsRead(experts, 2).parameters).toBeCloseTo(800 * (1 - 36 / 64));
    expect(expertsRead(experts, 64).parameters).toBeCloseTo(800, 1);
  });
});
