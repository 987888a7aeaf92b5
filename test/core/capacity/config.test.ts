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

  it.each([
    // The makers' counts; most of them include the embedding, which ours leave out because a token reads one row of it.
    ['mixtral-8x7b', 12.9e9],
    ['deepseek-v3', 37e9],
    ['gpt-oss-20b', 3.61e9],
    ['gpt-oss-120b', 5.13e9],
    ['qwen3-30b-a3b', 3.3e9],
    ['llama-4-scout', 17e9],
  ])('counts the parameters of %s that one token uses', (id, active) => {
    const ours = activeParameters(shapeOf(id).weights);
    expect(ours / active).toBeGreaterThan(0.91);
    expect(ours / active).toBeLessThan(1.02);
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
  ] as const)('takes no size of %s for granted: %j', (id, fields) => {
    for (const field of fields) {
      expect(changed(id, { [field]: undefined })).toThrow(`x: ${field}: expected a number, for the model has`);
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
