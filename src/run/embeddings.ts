/**
 * Embeddings of texts by transformers.js, on the processor: the mean over a text's tokens, of length 1, as sentence-transformers
 * makes them. The model is a folder or a hub reference in the Hugging Face layout, and is fetched once.
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
  /** What a relative path is relative to. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** Graphs by what is in their names, the smallest first. */
const GRAPHS = [
  { name: 'onnx/model_quantized.onnx', dtype: 'q8' },
  { name: 'onnx/model.onnx', dtype: 'fp32' },
] as const;
const NEEDED = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json'];

/** @throws UserError when the model is not to be had, or is none of sentences. */
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
  // Loaded only for the few tasks that ask for it: the library takes a second.
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

/** What single precision holds; the log is read by people too. */
function toSevenDigits(value: number): number {
  return Number(value.toPrecision(7));
}
