import { describe, expect, it } from 'vitest';
import { storageOfConfig } from '../../../src/core/capacity/config/stored.js';

const weights = (num_bits: number, type: string) => ({ weights: { num_bits, type, group_size: 128 } });
const compressed = (...groups: object[]) => ({
  quant_method: 'compressed-tensors',
  config_groups: Object.fromEntries(groups.map((group, i) => [`group_${i}`, group])),
});

describe('how the weights beside a config.json are stored', () => {
  it.each([
    [{ torch_dtype: 'float32' }, 'f32'],
    [{ dtype: 'float32' }, 'f32'],
    [{ torch_dtype: 'float16' }, 'f16'],
    [{ text_config: { dtype: 'bfloat16' } }, 'bf16'],
  ])('is its type: %j', (config, storage) => {
    expect(storageOfConfig(config, 'x')).toBe(storage);
  });

  it.each([
    [{ quant_method: 'fp8', weight_block_size: [128, 128] }, 'fp8'],
    [{ quant_method: 'mxfp4' }, 'mxfp4'],
    [{ quant_method: 'awq', bits: 4 }, 'awq'],
    [{ quant_method: 'gptq', bits: 4 }, 'gptq'],
    [{ quant_method: 'gptq', bits: 8 }, 'int8'],
    [{ quant_method: 'bitsandbytes', load_in_4bit: true }, 'nf4'],
    [{ quant_method: 'bitsandbytes', load_in_4bit: true, bnb_4bit_use_double_quant: true }, 'int4'],
    [{ quant_method: 'bitsandbytes', load_in_8bit: true }, 'int8'],
    [compressed(weights(4, 'int')), 'int4'],
    [{ ...compressed(weights(4, 'int')), ignore: ['lm_head'] }, 'int4'],
    [{ ...compressed(weights(4, 'int')), ignore: ['lm_head', 're:.*self_attn.*'] }, 'int4_experts'],
    [compressed(weights(8, 'int'), weights(8, 'int')), 'int8'],
    [compressed(weights(8, 'float')), 'fp8'],
    [compressed(weights(4, 'float')), 'nvfp4'],
  ])('is its quantisation: %j', (quantization_config, storage) => {
    expect(storageOfConfig({ dtype: 'bfloat16', quantization_config }, 'x')).toBe(storage);
  });

  it.each([
    [{ quant_method: 'hqq', bits: 4 }, 'found "hqq" with bits 4'],
    [{ quant_method: 'gptq', bits: 3 }, 'found "gptq" with bits 3'],
    [{ quant_method: 'gptq' }, 'found "gptq"'],
    [{ quant_method: 'bitsandbytes' }, 'found "bitsandbytes"'],
    [{ bits: 4 }, 'found no quant_method with bits 4'],
    [compressed(), 'found "compressed-tensors"'],
    [compressed(weights(4, 'int'), weights(8, 'float')), 'found "compressed-tensors" with config_groups'],
    [{ ...compressed(weights(8, 'float')), sparsity_config: { format: 'sparse-24-bitmask' } }, 'found "compressed-'],
  ])('is not taken for 16 bits where it is not known: %j', (quantization_config, found) => {
    const refusal = () => storageOfConfig({ dtype: 'bfloat16', quantization_config }, 'x');
    expect(refusal).toThrow(/^x: quantization_config: expected fp8, .* --model|name a published model/);
    expect(refusal).toThrow(found);
  });

  it.each([
    [{}, 'x: dtype: expected float32, float16, bfloat16, or a quantization_config, found none; name a published model'],
    [{ dtype: 'float8_e4m3fn' }, 'found "float8_e4m3fn"'],
    [null, 'x: config: '],
  ])('is refused where nothing says it: %j', (config, message) => {
    expect(() => storageOfConfig(config, 'x')).toThrow(message);
  });
});
