import { describe, expect, it } from 'vitest';
import { PUBLISHED_MODELS } from '../../../src/core/capacity/catalogue/models.js';
import { shapeOfConfig } from '../../../src/core/capacity/config/config.js';
import { activeParameters, allWeights } from '../../../src/core/capacity/shape.js';
import { storageOf } from '../../../src/core/capacity/storage.js';

const shapeOf = (id: string) =>
  shapeOfConfig(PUBLISHED_MODELS.find((model) => model.id === id)!.config, storageOf('f16'), id);

describe('the shape of a published configuration', () => {
  it.each(PUBLISHED_MODELS)('has the parameters that the makers of $id state', ({ id, parameters }) => {
    expect(allWeights(shapeOf(id).weights).parameters / parameters).toBeCloseTo(1, 2);
  });

  it.each(PUBLISHED_MODELS.flatMap(({ id, active }) => (active === undefined ? [] : [[id, active] as const])))(
    'counts the parameters of %s that one token uses',
    (id, active) => {
      // Most makers count the embedding, which ours leave out because a token reads one row of it, and some round to billions.
      const ours = activeParameters(shapeOf(id).weights);
      expect(Math.abs(ours - active)).toBeLessThan(Math.max(0.1 * active, 0.6e9));
    },
  );

  it('states for each mixture of experts how much of it a token uses', () => {
    const silent = PUBLISHED_MODELS.filter(({ id, active }) => active === undefined && shapeOf(id).weights.experts);
    expect(silent.map(({ id }) => id)).toEqual([]);
  });

  it.each([
    ['qwen2.5-7b', 32_768],
    ['deepseek-v2-lite', 163_840],
    ['qwen3.5-9b', 262_144],
    ['granite-4.0-h-350m', 32_768],
  ])('has the context of %s that its own config.json states', (id, context) => {
    expect(shapeOf(id).maxContext).toBe(context);
  });

  it('says of each model where its numbers come from, or that they are not verified', () => {
    expect(PUBLISHED_MODELS.filter(({ verified }) => verified === null).map(({ id }) => id)).toEqual([
      'codestral-22b',
      'baichuan2-7b',
      'aquila-7b',
      'gpt-j-6b',
    ]);
    expect(new Set(PUBLISHED_MODELS.map(({ id }) => id)).size).toBe(PUBLISHED_MODELS.length);
  });

  it.each([
    // The hub's count of all files, the tower that sees, and the head that guesses further tokens, from `vision_config` and one more layer by hand.
    ['qwen3.5-0.8b', 873_438_784, 100_592_896, 20_452_864],
    ['qwen3.5-9b', 9_653_104_368, 456_010_480, 243_290_624],
    ['qwen3.5-35b-a3b', 35_951_822_704, 446_571_248, 844_640_768],
  ])('%s has what its files have, less the parts beside the language model', (id, files, vision, further) => {
    expect(PUBLISHED_MODELS.find((model) => model.id === id)!.parameters).toBe(files - vision - further);
  });

  it('counts the matrices of Gemma 4 E2B beside the computation by hand', () => {
    const { embedding, output, body } = shapeOf('gemma-4-e2b').weights;
    // 35 tables of 256 values for 262,144 tokens are looked up; the embedding is the output too.
    expect(embedding.parameters).toBe(35 * 256 * 262_144);
    expect(output!.parameters).toBe(1536 * 262_144);
    // 28 layers with heads of 256 and 7 with 512: 8 heads for queries and output, 1 for keys and 1 for values.
    const attention = 1536 * (28 * 256 + 7 * 512) * (2 * 8 + 2);
    // 20 layers without a cache have a part of twice the width.
    const feedForward = 3 * 1536 * 6144 * (15 + 2 * 20);
    // Gate and projection of the looked-up vector in each layer, and their projection from the embedding.
    const perLayer = 35 * 3 * 1536 * 256;
    expect(body.parameters).toBe(attention + feedForward + perLayer + 35 * 4 * 1536);
  });

  it('counts the dense part beside the experts of Gemma 4, and one matrix for keys and values', () => {
    const { body, experts } = shapeOf('gemma-4-26b-a4b').weights;
    expect(experts).toMatchObject({ count: 128, used: 8, parameters: 30 * 128 * 3 * 2816 * 704 });
    const windowed = 25 * 2816 * 256 * (2 * 16 + 2 * 8);
    const global = 5 * 2816 * 512 * (2 * 16 + 2);
    expect(body.parameters).toBe(windowed + global + 30 * (3 * 2816 * 2112 + 2816 * 128 + 4 * 2816));
  });

  it('counts the shared expert of Nemotron 3 by its own width, and experts on a shorter vector', () => {
    const { body, experts } = shapeOf('nemotron-3-super-120b-a12b').weights;
    // 40 layers of 512 experts that work on 1,024 of 4,096 values.
    expect(experts).toMatchObject({ count: 512, used: 22, parameters: 40 * 512 * 2 * 1024 * 2688 });
    const mamba = 4096 * (2 * 8192 + 2 * 1024 + 128) + (8192 + 2 * 1024) * 4 + 8192 * 4096;
    const attention = 4096 * 128 * (2 * 32 + 2 * 2);
    const beside = 2 * 4096 * 5376 + 4096 * 512 + 2 * 4096 * 1024;
    expect(body.parameters).toBe(40 * mamba + 8 * attention + 40 * beside + 88 * 4 * 4096);
  });

  it('takes no experts where Granite writes 0', () => {
    const { weights, feedForward } = shapeOf('granite-4.0-h-micro');
    expect(weights.experts).toBeNull();
    expect(feedForward).toBe(8192);
  });

  it('reads the language model of a configuration that also sees', () => {
    const { model_type, ...config } = PUBLISHED_MODELS.find(({ id }) => id === 'gemma-3-4b')!.config;
    const whole = { model_type: 'gemma3', vision_config: {}, text_config: { model_type, ...config } };
    expect(shapeOfConfig(whole, storageOf('f16'), 'x')).toEqual(shapeOf('gemma-3-4b'));
  });

  it.each([
    ['a list of layers with positions', { no_rope_layers: [1, 0, 1, 0] }, [8192, null, 8192, null]],
    ['an empty list', { no_rope_layers: [] }, [8192, 8192, 8192, null]],
    ['an interval', { no_rope_layer_interval: 2, attention_chunk_size: 512 }, [512, null, 512, null]],
    [
      'types of layers',
      { layer_types: ['full_attention', 'chunked_attention', 'chunked_attention', 'full_attention'] },
      [null, 8192, 8192, null],
    ],
  ])('knows the chunks of Llama 4 by %s', (_, change, windows) => {
    const scout = PUBLISHED_MODELS.find(({ id }) => id === 'llama-4-scout')!.config;
    const { layers } = shapeOfConfig({ ...scout, num_hidden_layers: 4, ...change }, storageOf('f16'), 'x');
    expect(layers.map((layer) => layer.kind === 'attention' && layer.window)).toEqual(windows);
  });

  it('refuses an architecture that it does not know, and names it', () => {
    const config = { ...PUBLISHED_MODELS[0]!.config, model_type: 'rwkv7' };
    expect(() => shapeOfConfig(config, storageOf('f16'), 'mine/config.json')).toThrow(
      /mine\/config.json: model_type: expected an architecture whose layers are known, found "rwkv7"/,
    );
  });

  const changed = (id: string, change: object) => () =>
    shapeOfConfig({ ...PUBLISHED_MODELS.find((model) => model.id === id)!.config, ...change }, storageOf('f16'), 'x');

  it.each([
    ['qwen3-0.6b', { layer_types: Array(28).fill('rwkv') }, 'layer_types', 'found "rwkv"'],
    ['qwen3-0.6b', { layer_types: Array(28).fill('mamba2') }, 'layer_types', 'found "mamba2"'],
    ['qwen3-0.6b', { layer_types: Array(28).fill('kda') }, 'layer_types', 'found "kda"'],
    ['qwen3-0.6b', { layer_types: Array(28).fill('chunked_attention') }, 'layer_types', 'found "chunked_attention"'],
    ['qwen3-0.6b', { layer_types: ['full_attention'] }, 'layer_types', 'for layer 2, found none'],
    ['qwen3-0.6b', { hybrid_override_pattern: 'M*X-' }, 'hybrid_override_pattern', 'layer 3, found "X"'],
  ])('refuses a kind of layer of %s that it does not know: %j', (id, change, field, found) => {
    // A layer of Mamba needs its sizes before the third letter is read.
    const sizes = { mamba_num_heads: 1, mamba_head_dim: 1, mamba_d_state: 1, mamba_n_groups: 1, mamba_d_conv: 2 };
    const refusal = changed(id, { ...sizes, ...change });
    expect(refusal).toThrow(new RegExp(`^x: ${field}: expected one of .*${found}`));
  });

  /** Names that a family has for a field. */
  const NAMES: Readonly<Record<string, string>> = { top_k_experts: 'num_experts_per_tok' };

  it.each([
    ['deepseek-v3', ['qk_rope_head_dim', 'qk_nope_head_dim', 'v_head_dim', 'num_experts_per_tok']],
    [
      'qwen3-next-80b-a3b',
      [
        'linear_num_key_heads',
        'linear_num_value_heads',
        'linear_key_head_dim',
        'linear_value_head_dim',
        'linear_conv_kernel_dim',
        'head_dim',
      ],
    ],
    ['lfm2-350m', ['conv_L_cache', 'intermediate_size']],
    ['gemma-2-2b', ['sliding_window', 'head_dim']],
    ['gpt-oss-20b', ['sliding_window']],
    ['gemma-4-31b', ['sliding_window', 'global_head_dim', 'head_dim']],
    ['gemma-4-26b-a4b', ['intermediate_size', 'top_k_experts']],
    ['granite-4.0-micro', ['shared_intermediate_size']],
  ] as const)('takes no size of %s for granted: %j', (id, fields) => {
    for (const field of fields) {
      expect(changed(id, { [field]: undefined })).toThrow(
        `x: ${NAMES[field] ?? field}: expected a number, for the model has`,
      );
    }
  });

  it('takes no size of Mamba for granted', () => {
    const sizes = { mamba_num_heads: 4, mamba_head_dim: 8, mamba_d_state: 16, mamba_n_groups: 2, mamba_d_conv: 4 };
    const layered = { hybrid_override_pattern: 'M*-', num_hidden_layers: 3, num_experts: undefined };
    const { layers } = changed('qwen3-0.6b', { ...layered, ...sizes })();
    expect(layers[0]).toEqual({ kind: 'recurrent', convolution: (32 + 2 * 32) * 3, state: 32 * 16 });
    for (const field of Object.keys(sizes)) {
      expect(changed('qwen3-0.6b', { ...layered, ...sizes, [field]: undefined })).toThrow(
        `x: ${field}: expected a number, for the model has layers of Mamba`,
      );
    }
  });

  it.each([
    ['lfm2-350m', 'layer_types'],
    ['gpt-oss-20b', 'layer_types'],
    ['qwen3-next-80b-a3b', 'full_attention_interval'],
  ])('refuses %s without its kinds of layers', (id, field) => {
    expect(changed(id, { [field]: undefined })).toThrow('x: layer_types: expected the kind of each layer of');
  });

  it('refuses experts in some of the layers, which it would count in all', () => {
    expect(changed('llama-4-scout', { interleave_moe_layer_step: 2 })).toThrow(
      'x: interleave_moe_layer_step: experts in some of the layers are not known',
    );
  });

  it('reads the names of ChatGLM', () => {
    const { num_key_value_heads, head_dim, intermediate_size, ...rest } = PUBLISHED_MODELS.find(
      ({ id }) => id === 'glm-4-9b',
    )!.config as Record<string, unknown>;
    const theirs = { ...rest, multi_query_group_num: 2, kv_channels: 128, ffn_hidden_size: intermediate_size };
    expect(shapeOfConfig(theirs, storageOf('f16'), 'x')).toEqual(shapeOf('glm-4-9b'));
  });

  it.each([
    ['no layers', { num_hidden_layers: undefined }, 'num_hidden_layers'],
    ['a width of zero', { hidden_size: 0 }, 'hidden_size'],
    ['heads in words', { num_attention_heads: 'many' }, 'num_attention_heads'],
  ])('refuses %s, and names the field', (_, change, field) => {
    const config = { ...PUBLISHED_MODELS[0]!.config, ...change };
    expect(() => shapeOfConfig(config, storageOf('f16'), 'x')).toThrow(new RegExp(field));
  });

  it.each([null, [], 'text', 7])('refuses %j', (config) => {
    expect(() => shapeOfConfig(config, storageOf('f16'), 'x')).toThrow(/expected the config.json/);
  });
});
