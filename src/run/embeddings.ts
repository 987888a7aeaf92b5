/**
 * Embeds texts with transformers.js on the processor: the mean over the tokens of a text, scaled to length 1, as sentence-transformers
 * does. The model is a folder or a hub reference in the Hugging Face layout, and is fetched once.
 */
import { join } from 'node:path';
import type { FeatureExtractionPipeline } from '@huggingface/transformers';
import { describeError, UserError } from '../core/errors.js';
import { resolveSource } from '../hub/hub.js';

export interface Embedder {
  embed(texts: readonly string[]): Promise<readonly (readonly number[])[]>;
  close(): Promise<void>;
}

export interface EmbedderOptions {
  /** The folder that relative paths start from. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** The graphs that a model may have, the smallest first. */
const GRAPHS = [
  { name: 'onnx/model_quantized.onnx', dtype: 'q8' },
  { name: 'onnx/model.onnx', dtype: 'fp32' },
] as const;
const NEEDED = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json'];

/** @throws UserError when the model cannot be fetched, or is no embedding model. */
export async function openEmbedder(source: string, options: EmbedderOptions): Promise<Embedder> {
  const graphIn = (files: readonly string[]) => {
    const graph = GRAPHS.find(({ name }) => files.includes(name));
    if (graph !== undefined) return graph;
    throw new UserError(
      `${source}: expected an embedding model with ${GRAPHS.map(({ name }) => name).join(' or ')}, found neither; choose another`,
    );
  };
  const include = (names: readonly string[]) => [
    ...names.filter((name) => NEEDED.includes(name)),
    graphIn(names).name as string,
  ];
  const { path, files } = await resolveSource(source, { ...options, include });
  const { dtype } = GRAPHS.find(({ name }) => files.includes(join(path, name)))!;
  // The library takes a second to load, and few tasks need it.
  const { env, LogLevel, pipeline } = await import('@huggingface/transformers');
  env.allowRemoteModels = false;
  env.useFSCache = false;
  env.logLevel = LogLevel.ERROR;
  let extract: FeatureExtractionPipeline;
  try {
    extract = await pipeline('feature-extraction', path, { dtype, local_files_only: true });
  } catch (cause) {
    throw new UserError(
      `${source}: expected an embedding model that transformers.js can load, but ${describeError(cause)}; choose another`,
      { cause },
    );
  }
  return {
    async embed(texts) {
      const vectors: (readonly number[])[] = [];
      for (const text of texts) {
        const [vector] = (await extract(text, { pooling: 'mean', normalize: true })).tolist() as number[][];
        vectors.push(vector!.map(toSevenDigits));
      }
      return vectors;
    },
    close: async () => extract.dispose(),
  };
}

/** Rounds to what single precision holds: people read the log too. */
function toSevenDigits(value: number): number {
  return Number(value.toPrecision(7));
}
