/**
 * How the weights beside a `config.json` are stored: as its `quantization_config` says, or else in its `dtype` (`torch_dtype` before transformers 5).
 * A way that is not known here is no 16 bits.
 */
import { z } from 'zod';
import { UserError } from '../../errors.js';
import type { StorageName } from '../storage.js';

const text = z.string().nullish();
const flag = z.boolean().nullish();
const bits = z.number().nullish();

const group = z.object({ weights: z.object({ num_bits: z.number(), type: text }).nullish() });

const quantisation = z.object({
  quant_method: text,
  bits,
  w_bit: bits,
  load_in_4bit: flag,
  load_in_8bit: flag,
  bnb_4bit_use_double_quant: flag,
  config_groups: z.record(z.string(), group).nullish(),
  ignore: z.array(z.string()).nullish(),
  sparsity_config: z.object({ format: text }).nullish(),
});

type Quantisation = z.infer<typeof quantisation>;

const stored = z.object({
  dtype: text,
  torch_dtype: text,
  quantization_config: quantisation.nullish(),
});

const schema = stored.extend({ text_config: stored.nullish() });

const TYPES: Readonly<Record<string, StorageName>> = { float32: 'f32', float16: 'f16', bfloat16: 'bf16' };

const REMEDY =
  'name a published model with the way to store its weights (--model qwen3-4b:q4_k_m), or give a GGUF file';

/**
 * @param config The parsed content of a `config.json`.
 * @param place What an error names: the file.
 * @throws UserError for a way that is unknown, and where none is named.
 */
export function storageOfConfig(config: unknown, place: string): StorageName {
  const parsed = schema.safeParse(config);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw new UserError(
      `${place}: ${path.join('.') || 'config'}: ${message}; expected the config.json of a language model of Hugging Face`,
    );
  }
  const { text_config: inner, ...outer } = parsed.data;
  const quantised = outer.quantization_config ?? inner?.quantization_config;
  if (quantised) {
    const found = ofQuantised(quantised);
    if (found !== null) return found;
    throw new UserError(
      `${place}: quantization_config: expected fp8, mxfp4, awq of 4 bits, gptq of 4 or 8 bits, bitsandbytes, or compressed-tensors of one kind, ` +
        `found ${describe(quantised)}; ${REMEDY}`,
    );
  }
  const type = outer.dtype ?? outer.torch_dtype ?? inner?.dtype ?? inner?.torch_dtype;
  if (type && Object.hasOwn(TYPES, type)) return TYPES[type]!;
  throw new UserError(
    `${place}: dtype: expected ${Object.keys(TYPES).join(', ')}, or a quantization_config, found ${type ? `"${type}"` : 'none'}; ${REMEDY}`,
  );
}

/** @returns Null for a way that is unknown. */
function ofQuantised(config: Quantisation): StorageName | null {
  switch (config.quant_method) {
    case 'fp8':
    case 'fbgemm_fp8':
      return 'fp8';
    case 'mxfp4':
      return 'mxfp4';
    case 'awq':
      // The configuration class of transformers has 4 too.
      return (config.bits ?? config.w_bit ?? 4) === 4 ? 'awq' : null;
    case 'gptq':
      return config.bits === 4 ? 'gptq' : config.bits === 8 ? 'int8' : null;
    case 'bitsandbytes':
      if (config.load_in_8bit) return 'int8';
      if (!config.load_in_4bit) return null;
      // The scales of 64 values have 32 bits, or 8 where they are quantised too, which is near the scales of `int4`.
      return config.bnb_4bit_use_double_quant ? 'int4' : 'nf4';
    case 'compressed-tensors':
      return ofCompressed(config);
    default:
      return null;
  }
}

/** Layers of several kinds have no one number of bits, and sparse ones fewer than they say. */
function ofCompressed({ config_groups, sparsity_config, ignore }: Quantisation): StorageName | null {
  if (sparsity_config?.format && sparsity_config.format !== 'dense') return null;
  const kinds = Object.values(config_groups ?? {}).map(({ weights }) =>
    weights ? `${weights.type ?? 'int'} ${weights.num_bits}` : 'none',
  );
  const [kind, ...others] = new Set(kinds);
  if (kind === undefined || others.length > 0) return null;
  // Kimi K2 leaves everything but its experts in 16 bits.
  if (kind === 'int 4' && ignore?.some((part) => part.includes('self_attn'))) return 'int4_experts';
  return COMPRESSED[kind] ?? null;
}

const COMPRESSED: Readonly<Record<string, StorageName>> = {
  'int 4': 'int4',
  'int 8': 'int8',
  'float 8': 'fp8',
  'float 4': 'nvfp4',
};

function describe({ quant_method: method, ...rest }: Quantisation): string {
  const fields = Object.entries(rest).filter(([, value]) => value !== undefined && value !== null);
  const said = fields.map(([name, value]) => `${name} ${JSON.stringify(value)}`).join(', ');
  return `${method ? `"${method}"` : 'no quant_method'}${said === '' ? '' : ` with ${said.slice(0, MOST_SAID)}`}`;
}

const MOST_SAID = 200;
