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
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { isSafePath } from '../../core/definition/hub-reference.js';
import { describeError, UserError } from '../../core/errors.js';
import { listOf, type ModelConfig, readJson, readModelConfig, size, tokenIds } from '../huggingface/config.js';
import { type GraphFile, readGraphFile } from './graph-file.js';

export interface ModelFolder extends ModelConfig {
  readonly directory: string;
  /** The graph first, then the files with its weights. */
  readonly weights: readonly [string, ...string[]];
  readonly graph: GraphFile;
  readonly names: TensorNames;
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
    : readHuggingFaceFolder(directory, file);
}

/** @throws UserError when the folder holds no whole model in that layout. */
export function readHuggingFaceFolder(directory: string, file: string | undefined): ModelFolder {
  const graph = join(directory, chooseGraph(onnxFiles(directory), file, directory));
  return { directory, ...readGraph(graph), names: namesFrom({}), ...readModelConfig(directory) };
}

const text = z.string().optional();
const genAiConfig = z.looseObject({
  model: z.looseObject({
    context_length: size,
    eos_token_id: tokenIds,
    vocab_size: size,
    decoder: z.looseObject({
      num_hidden_layers: size,
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
      layers: decoder.num_hidden_layers ?? null,
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

function readGraph(file: string): Pick<ModelFolder, 'weights' | 'graph'> {
  try {
    const graph = readGraphFile(file);
    const files = [...graph.external].map(([location, bytes]) => externalFile(file, location, bytes));
    return { weights: [file, ...files], graph };
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${file}: expected a whole ONNX model, but ${describeError(error)}; fetch or export it again`, {
      cause: error,
    });
  }
}

/** Some exporters write `./weights.data`. */
function externalFile(graph: string, location: string, bytes: number): string {
  const path = join(dirname(graph), location);
  const found = isSafePath(location.replace(/^(?:\.\/)+/, '')) && existsSync(path) ? statSync(path).size : null;
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
