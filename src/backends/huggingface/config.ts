/**
 * What a model's folder says in the files that Hugging Face's libraries write: `config.json` (sizes, context) and
 * `generation_config.json` (which tokens end an answer).
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { describeError, UserError } from '../../core/errors.js';
import { readTextSync } from '../../system/path.js';

export interface ModelConfig {
  /** Tokens that end an answer. */
  readonly endTokens: readonly number[];
  /** Tokens that the model was made for; null when the folder does not say. */
  readonly context: number | null;
  readonly sizes: ModelSizes;
}

/** Null where the folder does not say. */
export interface ModelSizes {
  readonly layers: number | null;
  readonly kvHeads: number | null;
  readonly headSize: number | null;
  readonly vocabulary: number | null;
}

export const tokenIds = z.union([z.int(), z.array(z.int())]).nullish();
export const size = z.int().positive().nullish();

const textModel = z.looseObject({
  max_position_embeddings: size,
  n_positions: size,
  vocab_size: size,
  num_hidden_layers: size,
  n_layer: size,
  num_key_value_heads: size,
  num_attention_heads: size,
  hidden_size: size,
  head_dim: size,
  eos_token_id: tokenIds,
});
/** Models that also see or hear keep their language model's sizes one level down. */
const huggingFaceConfig = textModel.extend({ text_config: textModel.optional() });
const generationConfig = z.looseObject({ eos_token_id: tokenIds });

/** @throws UserError when there is no `config.json`, or a field in it is of the wrong kind. */
export function readModelConfig(directory: string): ModelConfig {
  const { text_config, ...outer } = readJson(join(directory, 'config.json'), huggingFaceConfig);
  const config = { ...outer, ...text_config };
  const generationFile = join(directory, 'generation_config.json');
  const generation = existsSync(generationFile) ? readJson(generationFile, generationConfig) : {};
  const heads = config.num_attention_heads ?? null;
  return {
    endTokens: listOf(generation.eos_token_id ?? config.eos_token_id),
    context: config.max_position_embeddings ?? config.n_positions ?? null,
    sizes: {
      layers: config.num_hidden_layers ?? config.n_layer ?? null,
      kvHeads: config.num_key_value_heads ?? heads,
      headSize: config.head_dim ?? (config.hidden_size && heads ? config.hidden_size / heads : null),
      vocabulary: config.vocab_size ?? null,
    },
  };
}

/** Some folders name the end of a text but not the end of a turn, which then is the tokenizer's. */
export function withEndToken(configured: readonly number[], endToken: number | null): readonly number[] {
  return endToken === null ? configured : [...new Set([...configured, endToken])];
}

/** The smallest of the sizes that are known; infinity when none is. */
export function smallest(...sizes: readonly (number | null | undefined)[]): number {
  return Math.min(...sizes.map((size) => size ?? Number.POSITIVE_INFINITY));
}

/** Python writes `NaN` and `Infinity` into JSON, and editors of Windows a byte order mark before it. */
function parseJson(text: string): unknown {
  const json = text.replace(/^\uFEFF/, '');
  try {
    return JSON.parse(json);
  } catch {
    return JSON.parse(
      json.replace(/"(?:[^"\\]|\\.)*"|\bNaN\b|-?\bInfinity\b/g, (part) => (part.startsWith('"') ? part : 'null')),
    );
  }
}

/** Bytes of a configuration; the tokenizers of large vocabularies have 40 MB. */
const LARGEST = 256 * 2 ** 20;

/** @throws UserError when the file is not there, is no JSON, or has a field of the wrong kind. */
export function readJson<T>(file: string, schema: z.ZodType<T>): T {
  const text = readTextSync(file, LARGEST);
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    throw new UserError(`${file}: expected a JSON file of the model, but ${describeError(error)}`, { cause: error });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UserError(`${file}: ${issue!.path.join('.') || 'the whole file'}: ${issue!.message}`);
}

export function listOf(ids: number | readonly number[] | null | undefined): readonly number[] {
  if (ids === null || ids === undefined) return [];
  return typeof ids === 'number' ? [ids] : ids;
}
