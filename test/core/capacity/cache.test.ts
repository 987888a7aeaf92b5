import { describe, expect, it } from 'vitest';
import { cacheBytes, llamaCppCacheBytes, stateBytes } from '../../../src/core/capacity/cache.js';
import { PUBLISHED_MODELS } from '../../../src/core/capacity/catalogue/models.js';
import { shapeOfConfig } from '../../../src/core/capacity/config/config.js';
import { storageOf } from '../../../src/core/capacity/storage.js';

const shapeOf = (id: string) =>
  shapeOfConfig(PUBLISHED_MODELS.find((model) => model.id === id)!.config, storageOf('f16'), id);
const F16 = 2;
const LLAMA_CPP = { batch: 512, bytesOfValue: F16, flashAttention: true };

describe('the cache of a context, beside the computation by hand', () => {
  it.each([
    // 2 x 32 layers x 32 KV heads x 128 x 2 bytes = 524,288 bytes a token.
    ['llama-2-7b', 4096, 524_288 * 4096],
    // 2 x 32 x 8 x 128 x 2 = 131,072 bytes a token.
    ['llama-3.1-8b', 8192, 131_072 * 8192],
    // 32 layers see 4,096 tokens: the cache stops growing there.
    ['mistral-7b-v0.1', 32_768, 131_072 * 4096],
    // 13 of 26 layers see 4,096 tokens: 2 x 4 x 256 x 2 = 4,096 bytes a layer and token.
    ['gemma-2-2b', 8192, 4096 * (13 * 8192 + 13 * 4096)],
    // Layers 6, 12, 18 and 24 of 26 see everything, the others 512 tokens: 2 x 1 x 256 x 2 = 1,024 bytes.
    ['gemma-3-1b', 32_768, 1024 * (4 * 32_768 + 22 * 512)],
    // (512 + 64) x 2 bytes for each of 61 layers, whatever the number of heads.
    ['deepseek-v3', 8192, 61 * 576 * 2 * 8192],
    // 2 x 32 x 8 x 128 x 2: experts have no cache.
    ['mixtral-8x7b', 4096, 131_072 * 4096],
    // 2 x 48 x 4 x 128 x 2 = 98,304 bytes a token.
    ['qwen3-30b-a3b', 4096, 98_304 * 4096],
    // 12 of 24 layers see 128 tokens: 2 x 8 x 64 x 2 = 2,048 bytes.
    ['gpt-oss-20b', 8192, 2048 * (12 * 8192 + 12 * 128)],
    // Every fourth of 48 layers sees everything, the others a chunk of 8,192 tokens: 2 x 8 x 128 x 2 = 4,096 bytes.
    ['llama-4-scout', 131_072, 4096 * (12 * 131_072 + 36 * 8192)],
    // The last 20 of 35 layers read the caches of earlier ones. Of the first 15, 3 see everything with heads of 512 and 12 see 512 tokens with 256.
    ['gemma-4-e2b', 32_768, 3 * 2 * 512 * 2 * 32_768 + 12 * 2 * 256 * 2 * 512],
    // 10 of 60 layers see everything: 2 x 4 x 512 x 2 = 8,192 bytes; the others 1,024 tokens: 2 x 16 x 256 x 2 = 16,384 bytes.
    ['gemma-4-31b', 32_768, 10 * 8192 * 32_768 + 50 * 16_384 * 1024],
    // 2 x 8 x 128 x 2 = 4,096 bytes for each of 26 layers.
    ['ministral-3-3b', 8192, 26 * 4096 * 8192],
  ])('%s at %i tokens', (id, context, bytes) => {
    expect(cacheBytes(shapeOf(id), context, F16)).toBe(bytes);
  });

  it('keeps a state of fixed size for layers without attention', () => {
    const shape = shapeOf('qwen3-next-80b-a3b');
    // 36 layers: a state of 32 heads x 128 x 128, and (2 x 16 x 128 + 32 x 128) x 3 inputs of the convolution, in 32 bits.
    expect(stateBytes(shape)).toBe(36 * (32 * 128 * 128 + 8192 * 3) * 4);
    // 12 layers with attention: 2 x 2 x 256 x 2 = 2,048 bytes a token.
    expect(cacheBytes(shape, 4096, F16) - stateBytes(shape)).toBe(12 * 2048 * 4096);
  });

  it.each([
    // 24 layers: a matrix of 32 heads x 128 x 128, and (2 x 16 x 128 + 32 x 128) x 3 inputs; 8 with attention: 2 x 4 x 256 x 2 bytes.
    ['qwen3.5-9b', 24 * (32 * 128 * 128 + 8192 * 3), 8 * 4096],
    // 36 layers: 48 heads x 64 x 128, and (48 x 64 + 2 x 128) x 3 inputs; 4 with attention: 2 x 4 x 128 x 2 bytes.
    ['granite-4.0-h-tiny', 36 * (48 * 64 * 128 + 3328 * 3), 4 * 2048],
    // 10 layers: 2 inputs of 2,048 values; 6 with attention: 2 x 8 x 64 x 2 bytes.
    ['lfm2.5-1.2b', 10 * 2 * 2048, 6 * 2048],
    // 23 layers: 64 heads x 64 x 128, and (64 x 64 + 2 x 8 x 128) x 3 inputs; 6 with attention: 2 x 2 x 128 x 2 bytes.
    ['nemotron-3-nano-30b-a3b', 23 * (64 * 64 * 128 + 6144 * 3), 6 * 1024],
  ])('of %s is a state in 32 bits and a cache of the layers with attention', (id, values, bytesOfToken) => {
    const shape = shapeOf(id);
    expect(stateBytes(shape)).toBe(values * 4);
    expect(cacheBytes(shape, 4096, F16) - stateBytes(shape)).toBe(bytesOfToken * 4096);
  });

  it('is smaller in fewer bits by the size of their blocks', () => {
    const shape = shapeOf('llama-3.1-8b');
    expect(cacheBytes(shape, 1, 34 / 32)).toBe(69_632);
    expect(cacheBytes(shape, 1, 18 / 32)).toBe(36_864);
  });

  it('is reserved by llama.cpp in blocks, with room for a batch beside each window', () => {
    const context = { ...LLAMA_CPP, context: 8000, slots: 1 };
    // 8,000 tokens are 8,192 cells. A window of 4,096 and a batch of 512 are 4,608.
    expect(llamaCppCacheBytes(shapeOf('gemma-2-2b'), context)).toBe(4096 * (13 * 8192 + 13 * 4608));
  });

  it.each([
    // The log of llama-server: `-c 120 -np 1`, `-c 240 -np 2`, `-c 960 -np 8` and `-c 7680 -np 64` have slots of 256 cells.
    [120, 1],
    [240, 2],
    [960, 8],
    [7680, 64],
  ])('is reserved by llama.cpp for each slot by itself: %i tokens in %i slots', (context, slots) => {
    const bytes = llamaCppCacheBytes(shapeOf('llama-3.1-8b'), { ...LLAMA_CPP, context, slots });
    expect(bytes).toBe(131_072 * 256 * slots);
  });

  it('has a window and a batch in each slot of llama.cpp', () => {
    const shape = shapeOf('gemma-2-2b');
    const of = (context: number) => llamaCppCacheBytes(shape, { ...LLAMA_CPP, context, slots: 4 });
    expect(of(4 * 8000)).toBe(4 * 4096 * (13 * 8192 + 13 * 4608));
    // A slot that is shorter than the window keeps no more than its own tokens.
    expect(of(8000)).toBe(4 * 4096 * 26 * 2048);
  });

  it('has room for the widest values in every layer if llama.cpp has no flash attention', () => {
    const context = { ...LLAMA_CPP, context: 8192, slots: 1 };
    const shape = shapeOf('gemma-4-e2b');
    // 3 layers see everything with heads of 512 values; 12 see 512 tokens beside a batch of 512, with heads of 256.
    expect(llamaCppCacheBytes(shape, context)).toBe(2 * (3 * (512 + 512) * 8192 + 12 * (256 + 256) * 1024));
    const without = { ...context, flashAttention: false };
    expect(llamaCppCacheBytes(shape, without)).toBe(2 * (3 * (512 + 512) * 8192 + 12 * (256 + 512) * 1024));
  });
});
