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
