import { describe, expect, it } from 'vitest';
import { publishedModels } from '../../../src/core/capacity/model-cost.js';
import { allWeights, weightsRead } from '../../../src/core/capacity/shape.js';

const bytesOf = (name: string) => allWeights(publishedModels(name, 'bf16')[0]!.shape.weights).bytes;

describe('a published model without a way to store its weights', () => {
  it.each([
    // `total_size` of model.safetensors.index.json, as copied in public repositories.
    ['gpt-oss-20b', 'mxfp4', 13_761_264_768, 0],
    ['gpt-oss-120b', 'mxfp4', 65_248_815_744, 0],
    // The same, with the head that guesses further tokens, whose 13.5 thousand million parameters are mostly in 8 bits.
    ['deepseek-v3', 'fp8', 688_586_727_753, 13.5e9],
    // huggingface.co/mistralai/Ministral-3-…-Instruct-2512/tree/main, with a tower of 0.4 thousand million that sees, in 16 bits.
    ['ministral-3-3b', 'fp8', 4.67e9, 2 * 420_083_712],
    ['ministral-3-14b', 'fp8', 15.7e9, 2 * 438_958_080],
  ])('is %s as its makers store it: %s, as large as the files', (id, storage, files, beside) => {
    expect(publishedModels(id, 'bf16')[0]!.name).toBe(`${id}:${storage}`);
    expect(Math.abs((bytesOf(id) + beside) / files - 1)).toBeLessThan(0.01);
  });

  it.each([
    ['gpt-oss-20b', 'q4_k_m', 'gpt-oss-20b:mxfp4_moe'],
    ['gpt-oss-20b', 'bf16', 'gpt-oss-20b:mxfp4'],
    // llama.cpp has no 8-bit floats, and its users fewer bits.
    ['deepseek-v3', 'q4_k_m', 'deepseek-v3:q4_k_m'],
    ['kimi-k2.5', 'bf16', 'kimi-k2.5:int4_experts'],
    ['qwen3-4b', 'bf16', 'qwen3-4b:bf16'],
    ['gpt-oss-20b:bf16', 'q4_k_m', 'gpt-oss-20b:bf16'],
  ] as const)('%s, for users of %s, is %s', (asked, usual, name) => {
    expect(publishedModels(asked, usual)[0]!.name).toBe(name);
  });
});

describe('gpt-oss in llama.cpp', () => {
  // What llama-bench prints of the files of ggml-org (the larger one: pull request 19922 of llama.cpp).
  it.each([
    ['gpt-oss-20b', 11.27],
    ['gpt-oss-120b', 59.02],
  ])('has everything but its experts in 8 bits: %s has %d GiB', (id, size) => {
    expect(bytesOf(`${id}:mxfp4_moe`) / 2 ** 30 / size).toBeCloseTo(1, 2);
  });
});

describe('tables that a token looks up', () => {
  it('are stored and not read', () => {
    const { weights } = publishedModels('gemma-4-e2b:f16', 'bf16')[0]!.shape;
    const tables = 2 * 35 * 256 * 262_144;
    expect(allWeights(weights).bytes - weightsRead(weights, 1).bytes).toBe(tables);
  });
});

describe('a name that nobody publishes', () => {
  it.each([
    ['qwen35-4b', 'did you mean qwen3.5-4b or '],
    ['gemma4-e2b', 'did you mean gemma-4-e2b or '],
    ['granite-4-micro', 'did you mean granite-4.0-micro or '],
    ['Qwen3-4B', 'did you mean qwen3-4b or '],
    ['zz', 'found "zz"; `rightsize list models --published` shows all'],
    ['nosuch-7b', 'found "nosuch-7b"; models of 7b are '],
    ['nosuch-1.7b-chat:q8_0', 'found "nosuch-1.7b-chat:q8_0"; models of 1.7b are '],
    ['nosuch-977b', 'found "nosuch-977b"; `rightsize list models --published` shows all'],
  ])('%s is refused with what is near', (name, hint) => {
    expect(() => publishedModels(name, 'bf16')).toThrow(hint);
  });
});
