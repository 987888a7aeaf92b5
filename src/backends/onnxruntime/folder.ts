/**
 * What lies in a model's folder, in either of the two layouts in which decoders are shipped as ONNX:
 *
 *     Hugging Face (Optimum, transformers.js)       ONNX Runtime GenAI (its model builder, Phi-3-mini-…-onnx)
 *       config.json, generation_config.json           genai_config.json    names of tensors, shapes, end tokens
 *       tokenizer.json, tokenizer_config.json         tokenizer.json, tokenizer_config.json
 *       onnx/model.onnx, onnx/model.onnx_data         model.onnx, model.onnx.data
 *
 * The first has fixed names of tensors, the second writes them down.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { describeError, UserError } from '../../core/errors.js';
import { isSafePath } from '../../files/hub-reference.js';
import { readGraphFile } from './graph-file.js';

export interface ModelFolder {
  readonly directory: string;
  /** The graph first, then the files with its weights. */
  readonly weights: readonly [string, ...string[]];
  /** Kinds of operators that the graph is made of. */
  readonly operators: ReadonlySet<string>;
  readonly names: TensorNames;
  /** Tokens that end an answer. */
  readonly endTokens: readonly number[];
  /** Tokens that the model was made for; null when the folder does not say. */
  readonly context: number | null;
  /** Sizes for graphs that leave theirs open. */
  readonly sizes: {
    readonly kvHeads: number | null;
    readonly headSize: number | null;
    readonly vocabulary: number | null;
  };
}

/** Names of a decoder's inputs and outputs; those of the cache by layer. */
export interface TensorNames {
  readonly inputIds: string;
  readonly attentionMask: string;
  readonly positionIds: string;
  readonly logits: string;
  pastKey(layer: number): string;
  pastValue(layer: number): string;
  presentKey(layer: number): string;
  presentValue(layer: number): string;
}

/**
 * Which files of a repository or folder the backend needs.
 *
 * @param file the graph inside the folder, when the model entry names one.
 */
export function neededFiles(files: readonly string[], file: string | undefined): readonly string[] {
  if (files.includes('genai_config.json')) return files;
  const graph = chooseGraph(files, file, 'source');
  return files.filter((name) => name.startsWith(graph) || /^[^/]+\.(json|jinja)$/.test(name));
}

/** @throws UserError when the folder holds no whole model. */
export function readModelFolder(directory: string, file: string | undefined): ModelFolder {
  if (!statSync(directory).isDirectory()) {
    throw new UserError(
      `source: expected a folder with a model, its configuration and its tokenizer, found the file ${directory}; ` +
        'name the folder, and the graph in the field `file`',
    );
  }
  return existsSync(join(directory, 'genai_config.json'))
    ? readGenAi(directory, file)
    : readHuggingFace(directory, file);
}

const tokenIds = z.union([z.int(), z.array(z.int())]).nullish();
const size = z.int().positive().nullish();

const textModel = z.looseObject({
  max_position_embeddings: size,
  n_positions: size,
  vocab_size: size,
  num_key_value_heads: size,
  num_attention_heads: size,
  hidden_size: size,
  head_dim: size,
  eos_token_id: tokenIds,
});
/** Models that also see or hear keep their language model's sizes one level down. */
const huggingFaceConfig = textModel.extend({ text_config: textModel.optional() });
const generationConfig = z.looseObject({ eos_token_id: tokenIds });

function readHuggingFace(directory: string, file: string | undefined): ModelFolder {
  const { text_config, ...outer } = readJson(join(directory, 'config.json'), huggingFaceConfig);
  const config = { ...outer, ...text_config };
  const generationFile = join(directory, 'generation_config.json');
  const generation = existsSync(generationFile) ? readJson(generationFile, generationConfig) : {};
  const graph = join(directory, chooseGraph(onnxFiles(directory), file, directory));
  const heads = config.num_attention_heads ?? null;
  return {
    directory,
    ...readGraph(graph),
    names: namesFrom({}),
    endTokens: listOf(generation.eos_token_id ?? config.eos_token_id),
    context: config.max_position_embeddings ?? config.n_positions ?? null,
    sizes: {
      kvHeads: config.num_key_value_heads ?? heads,
      headSize: config.head_dim ?? (config.hidden_size && heads ? config.hidden_size / heads : null),
      vocabulary: config.vocab_size ?? null,
    },
  };
}

const text = z.string().optional();
const genAiConfig = z.looseObject({
  model: z.looseObject({
    context_length: size,
    eos_token_id: tokenIds,
    vocab_size: size,
    decoder: z.looseObject({
      filename: z.string({ error: 'expected the name of one graph (a pipeline of several graphs cannot be run here)' }),
      head_size: size,
      num_key_value_heads: size,
      inputs: z
        .looseObject({
          input_ids: text,
          attention_mask: text,
          position_ids: text,
          past_key_names: text,
          past_value_names: text,
        })
        .optional(),
      outputs: z.looseObject({ logits: text, present_key_names: text, present_value_names: text }).optional(),
    }),
  }),
});

function readGenAi(directory: string, file: string | undefined): ModelFolder {
  const { model } = readJson(join(directory, 'genai_config.json'), genAiConfig);
  const { decoder } = model;
  return {
    directory,
    ...readGraph(join(directory, file ?? decoder.filename)),
    names: namesFrom({ ...decoder.inputs, ...decoder.outputs }),
    endTokens: listOf(model.eos_token_id),
    context: model.context_length ?? null,
    sizes: {
      kvHeads: decoder.num_key_value_heads ?? null,
      headSize: decoder.head_size ?? null,
      vocabulary: model.vocab_size ?? null,
    },
  };
}

/** The defaults are those of both layouts; `%d` stands for the layer. */
function namesFrom(names: Readonly<Record<string, unknown>>): TensorNames {
  const named = (key: string, otherwise: string) => {
    const name = names[key];
    return typeof name === 'string' ? name : otherwise;
  };
  const perLayer = (key: string, otherwise: string) => {
    const template = named(key, otherwise);
    return (layer: number) => template.replace('%d', String(layer));
  };
  return {
    inputIds: named('input_ids', 'input_ids'),
    attentionMask: named('attention_mask', 'attention_mask'),
    positionIds: named('position_ids', 'position_ids'),
    logits: named('logits', 'logits'),
    pastKey: perLayer('past_key_names', 'past_key_values.%d.key'),
    pastValue: perLayer('past_value_names', 'past_key_values.%d.value'),
    presentKey: perLayer('present_key_names', 'present.%d.key'),
    presentValue: perLayer('present_value_names', 'present.%d.value'),
  };
}

function readGraph(graph: string): Pick<ModelFolder, 'weights' | 'operators'> {
  try {
    const { operators, external } = readGraphFile(graph);
    const files = [...external].map(([location, bytes]) => externalFile(graph, location, bytes));
    return { weights: [graph, ...files], operators };
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `${graph}: expected a whole ONNX model, but ${describeError(error)}; fetch or export the file again`,
      { cause: error },
    );
  }
}

function externalFile(graph: string, location: string, bytes: number): string {
  const path = join(dirname(graph), location);
  const found = isSafePath(location) && existsSync(path) ? statSync(path).size : null;
  if (found !== null && found >= bytes) return path;
  throw new UserError(
    `${graph}: expected its weights beside it in "${location}", at least ${bytes} bytes, ` +
      `found ${found === null ? 'no such file' : `${found} bytes`}; fetch or export the model again`,
  );
}

function onnxFiles(directory: string): string[] {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return names.map((name) => name.replaceAll('\\', '/')).filter((name) => name.endsWith('.onnx'));
}

const USUAL_GRAPHS = ['onnx/model.onnx', 'model.onnx', 'onnx/decoder_model_merged.onnx', 'decoder_model_merged.onnx'];

function chooseGraph(files: readonly string[], file: string | undefined, place: string): string {
  const graphs = files.filter((name) => name.endsWith('.onnx'));
  const found =
    file === undefined
      ? (USUAL_GRAPHS.find((usual) => graphs.includes(usual)) ?? (graphs.length === 1 ? graphs[0] : undefined))
      : graphs.find((name) => name === file);
  if (found !== undefined) return found;
  const wanted = file === undefined ? 'one ONNX graph, or one named model.onnx' : `the graph "${file}"`;
  throw new UserError(
    `${place}: expected ${wanted}, found ${graphs.slice(0, 12).join(', ') || 'no .onnx file'}; ` +
      'name the graph in the field `file` of the model',
  );
}

/** @throws UserError when the file is not there, is no JSON, or has a field of the wrong kind. */
export function readJson<T>(file: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UserError(`${file}: expected a JSON file of the model, but ${describeError(error)}`, { cause: error });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UserError(`${file}: ${issue!.path.join('.') || 'the whole file'}: ${issue!.message}`);
}

function listOf(ids: number | readonly number[] | null | undefined): readonly number[] {
  if (ids === null || ids === undefined) return [];
  return typeof ids === 'number' ? [ids] : ids;
}
