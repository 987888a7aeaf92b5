import { describe, expect, it } from 'vitest';
import { footprintOf } from '../../src/backends/llama-cpp/footprint.js';
import { readGguf } from '../../src/backends/llama-cpp/gguf.js';
import { heldBytesIn } from '../../src/backends/llama-cpp/library.js';
import { llamaCppMemory } from '../../src/core/capacity/engine-memory.js';
import { shapeOfGguf } from '../../src/core/capacity/gguf.js';
import { allWeights } from '../../src/core/capacity/shape.js';

const MiB = 2 ** 20;
const OPTIONS = { slots: 1, batch: 512, bytesOfValue: 2, context: 1024, flashAttention: true };

async function shapeOf(file: string) {
  return shapeOfGguf((await readGguf(file)).content, file);
}
const LLM = 'models/reference-llm/reference-llm-f16.gguf';

describe('the memory of a GGUF file, from its header', () => {
  // llama-server (build 11669) logs these for the file: model, KV, compute and output buffer, in MiB.
  it.each([
    ['flash attention', {}, [6.39, 2.5, 6.52, 0.01]],
    ['no flash attention', { flashAttention: false }, [6.39, 2.5, 21.51, 0.01]],
    ['batches of 128', { context: 2048, batch: 128 }, [6.39, 5, 1.88, 0.01]],
    ['four slots', { context: 2048, slots: 4 }, [6.39, 5, 6.02, 0.02]],
  ])('is within 5%% of the log of llama.cpp with %s', async (_, change, logged) => {
    const { weights, cache, compute, output } = llamaCppMemory(await shapeOf(LLM), { ...OPTIONS, ...change });
    const total = logged.reduce((sum, part) => sum + part, 0);
    expect((weights + cache + compute + output) / MiB / total).toBeGreaterThan(0.95);
    expect((weights + cache + compute + output) / MiB / total).toBeLessThan(1.05);
    expect(weights / MiB).toBeCloseTo(logged[0]!, 1);
    expect(cache / MiB).toBe(logged[1]);
  });

  it('goes into the log with what one token reads', async () => {
    const opened = { context: 1024, heldWeights: 0, batch: 512, bytesOfValue: 2, flashAttention: true };
    const shape = await shapeOf(LLM);
    const { weights } = shape;
    const footprint = footprintOf(shape, { ...opened, heldWeights: allWeights(weights).bytes + 3 * MiB });
    expect(footprintOf(shape, opened).buffers).toBe(footprint.buffers - 3 * MiB);
    const { compute, output } = llamaCppMemory(shape, OPTIONS);
    // The embedding is the output matrix too, so a token reads all weights and the whole cache of a full context.
    expect(footprint).toMatchObject({
      cache: 2.5 * MiB,
      buffers: compute + output + 3 * MiB,
      readPerToken: allWeights(weights).bytes,
      cacheReadPerToken: 2.5 * MiB,
    });
  });

  it('counts every tensor once, and all bytes of the data', async () => {
    const { weights, layers, vocabulary } = await shapeOf(LLM);
    expect(allWeights(weights).parameters).toBe(
      (await readGguf(LLM)).content.tensors.reduce((n, t) => n + t.parameters, 0),
    );
    expect(layers).toHaveLength(5);
    expect(vocabulary).toBeGreaterThan(0);
  });
});

it('counts the weights that llama.cpp says it holds: a part that is copied and lies at an end of the file is no longer mapped', () => {
  // TinyLlama 1.1B (IQ2_XXS, 306.95 MiB) on a CPU with AMX. The output matrix is the first tensor, and lies in the buffer of AMX alone.
  const lines = [
    'load_tensors:          AMX model buffer size =    50.30 MiB\n',
    'load_tensors:   CPU_Mapped model buffer size =   263.98 MiB\n',
    'load_tensors:   CPU_REPACK model buffer size =     7.22 MiB\n',
    'llama_context:        CPU  output buffer size =     0.12 MiB\n',
  ];
  const held = lines.reduce((sum, line) => sum + heldBytesIn(line), 0);
  expect(held / MiB).toBeCloseTo(321.5, 9);
});

describe('the shape of a header', () => {
  const metadata = {
    'general.architecture': 'gemma2',
    'gemma2.block_count': 2,
    'gemma2.embedding_length': 8,
    'gemma2.feed_forward_length': 16,
    'gemma2.attention.head_count': 2,
    'gemma2.attention.head_count_kv': [1, 2],
    'gemma2.attention.key_length': 4,
    'gemma2.attention.sliding_window': 4096,
    'gemma2.vocab_size': 100,
  };
  const tensor = (name: string, parameters = 64) => ({ name, parameters, bytes: 2 * parameters });
  const tensors = [tensor('token_embd.weight', 800), tensor('blk.0.attn_k.weight'), tensor('blk.1.attn_k.weight')];

  it('gives each layer its own heads and window', () => {
    const { layers } = shapeOfGguf({ metadata, tensors }, 'x');
    expect(layers).toMatchObject([
      { kind: 'attention', kvHeads: 1, window: 4096 },
      { kind: 'attention', kvHeads: 2, window: null },
    ]);
  });

  it('gives three of four layers of Llama 4 a chunk, unless a window of 0 turns it off', () => {
    const llama4 = Object.fromEntries(
      Object.entries(metadata).flatMap(([key, value]) =>
        key.includes('sliding') ? [] : [[key.replace('gemma2', 'llama4'), value]],
      ),
    );
    const fields = { ...llama4, 'general.architecture': 'llama4', 'llama4.block_count': 4 };
    const four = [0, 1, 2, 3].map((index) => tensor(`blk.${index}.attn_k.weight`));
    const windows = (change: object) =>
      shapeOfGguf({ metadata: { ...fields, ...change }, tensors: [tensors[0]!, ...four] }, 'x').layers.map(
        (layer) => layer.kind === 'attention' && layer.window,
      );
    expect(windows({ 'llama4.attention.head_count_kv': 1 })).toEqual([8192, 8192, 8192, null]);
    expect(windows({ 'llama4.attention.head_count_kv': 1, 'llama4.attention.sliding_window': 0 })).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });

  it('tells layers by their tensors', () => {
    const mixed = [...tensors.slice(0, 2), tensor('blk.1.ssm_in.weight'), tensor('blk.1.ffn_up_exps.weight', 512)];
    const fields = {
      'gemma2.ssm.inner_size': 32,
      'gemma2.ssm.state_size': 16,
      'gemma2.ssm.group_count': 2,
      'gemma2.ssm.conv_kernel': 4,
      'gemma2.expert_count': 8,
      'gemma2.expert_used_count': 2,
    };
    const shape = shapeOfGguf({ metadata: { ...metadata, ...fields }, tensors: mixed }, 'x');
    expect(shape.layers[1]).toEqual({ kind: 'recurrent', convolution: (32 + 2 * 2 * 16) * 3, state: 512 });
    expect(shape.weights.experts).toEqual({ parameters: 512, bytes: 1024, count: 8, used: 2 });
    expect(shape.weights.body.parameters).toBe(128);
  });

  it.each(['rwkv7', 'zeta', 'kimi-linear', undefined])('refuses the architecture %j, and names it', (name) => {
    const unknown = { ...metadata, 'general.architecture': name };
    expect(() => shapeOfGguf({ metadata: unknown, tensors }, 'mine.gguf')).toThrow(
      `mine.gguf: general.architecture: expected an architecture whose layers are known, found ${JSON.stringify(name ?? null)}; measure`,
    );
  });

  it.each([
    ['ssm.group_count', 'blk.1.ssm_in.weight', { 'ssm.conv_kernel': 4 }],
    ['ssm.conv_kernel', 'blk.1.ssm_in.weight', { 'ssm.group_count': 2 }],
    ['shortconv.l_cache', 'blk.1.shortconv.conv.weight', {}],
  ])('takes no %s for granted', (field, name, rest) => {
    const all = { 'ssm.inner_size': 32, 'ssm.state_size': 16, ...rest };
    const fields = Object.fromEntries(Object.entries(all).map(([key, value]) => [`gemma2.${key}`, value]));
    expect(() =>
      shapeOfGguf({ metadata: { ...metadata, ...fields }, tensors: [...tensors.slice(0, 2), tensor(name)] }, 'x'),
    ).toThrow(`x: gemma2.${field}: expected a number above 0`);
  });

  it('names a field that is missing, and what to do', () => {
    const { 'gemma2.block_count': _, ...rest } = metadata;
    expect(() => shapeOfGguf({ metadata: rest, tensors }, 'mine.gguf')).toThrow(
      /mine.gguf: gemma2.block_count: expected a number above 0 in the header of the GGUF file, found null; convert/,
    );
  });
});
