/** The shape of a model from the `config.json` of its repository, with the bytes that a way to store its weights gives. */
import { UserError } from '../../errors.js';
import type { Experts, ModelShape, Part, Weights } from '../shape.js';
import type { Storage } from '../storage.js';
import { type Architecture, architectureOf } from './architectures.js';
import { type ConfigFields, neededField, readConfig } from './fields.js';
import { type ConfiguredLayer, layersOf } from './layers.js';

/**
 * @param config The parsed content of a `config.json`.
 * @param place What an error names: the file.
 * @throws UserError for an architecture that is unknown, or a field that is missing or wrong.
 */
export function shapeOfConfig(config: unknown, storage: Storage, place: string): ModelShape {
  const fields = readConfig(config, place);
  const architecture = architectureOf(fields.model_type);
  if (architecture === null) {
    throw new UserError(
      `${place}: model_type: expected an architecture whose layers are known, found "${fields.model_type}"; ` +
        'give the GGUF file of the model instead, which lists its tensors',
    );
  }
  const layers = layersOf(fields, architecture);
  const dense = layers.some(({ feedForward }) => feedForward === 'dense') ? denseWidthOf(fields, architecture) : 0;
  return {
    architecture: fields.model_type,
    width: fields.hidden_size,
    feedForward: Math.max(dense, fields.intermediate_size ?? 0, widthOfTokenExperts(fields)),
    vocabulary: fields.vocab_size,
    maxContext: fields.max_position_embeddings,
    layers: layers.map(({ layer }) => layer),
    weights: weightsOf(fields, architecture, layers, storage),
  };
}

function weightsOf(
  config: ConfigFields,
  architecture: Architecture,
  layers: readonly ConfiguredLayer[],
  storage: Storage,
): Weights {
  const { hidden_size: width, vocab_size: vocabulary } = config;
  const matrices = architecture.gated ? 3 : 2;
  const ofDense = layers.filter(({ feedForward }) => feedForward === 'dense').length;
  const dense = ofDense === 0 ? 0 : ofDense * matrices * width * denseWidthOf(config, architecture);
  const experts = expertsOf(config, matrices * width, layers);
  const shared = sharedWidthOf(config) * matrices * width;
  const routed = layers.filter(({ feedForward }) => feedForward === 'experts').length;
  const body = layers.reduce(
    // Norms and biases are a thousandth of the rest: four vectors stand for them.
    (sum, { mixing }) => sum + mixing + 4 * width,
    dense + routed * (shared + (experts === null ? 0 : width * experts.count)),
  );
  const tied = config.tie_word_embeddings ?? architecture.tied;
  return {
    // An embedding that is the output too is stored as an output is.
    embedding: stored(vocabulary * width + tablesOf(config), tied ? storage.output : storage.embedding),
    output: tied ? null : stored(vocabulary * width, storage.output),
    body: stored(body, storage.body),
    experts: experts && { ...experts, ...stored(experts.parameters, storage.experts) },
  };
}

function stored(parameters: number, bits: number): Part {
  return { parameters, bytes: (parameters * bits) / 8 };
}

function expertsOf(
  config: ConfigFields,
  perUnit: number,
  layers: readonly ConfiguredLayer[],
): Omit<Experts, 'bytes'> | null {
  const { num_experts: count } = config;
  if (count === null) return null;
  const used = neededField(config, 'num_experts_per_tok', 'experts');
  const width = widthOfExpert(config);
  const routed = layers.filter(({ feedForward }) => feedForward === 'experts').length;
  return { count, used, parameters: routed * count * perUnit * width };
}

/** Mixtral's experts are as wide as a dense part would be. */
function widthOfExpert(config: ConfigFields): number {
  return config.moe_intermediate_size ?? neededField(config, 'intermediate_size', 'experts');
}

function widthOfTokenExperts(config: ConfigFields): number {
  if (config.num_experts === null) return 0;
  return widthOfExpert(config) * neededField(config, 'num_experts_per_tok', 'experts');
}

/** The inner width of the experts that every token uses. Llama 4 has one as wide as the others. */
function sharedWidthOf(config: ConfigFields): number {
  if (config.shared_expert_intermediate_size !== null) return config.shared_expert_intermediate_size;
  if (config.shared_intermediate_size !== null && config.num_experts !== null) return config.shared_intermediate_size;
  if (config.n_shared_experts !== null) return config.n_shared_experts * (config.moe_intermediate_size ?? 0);
  return config.model_type.startsWith('llama4') ? (config.intermediate_size ?? 0) : 0;
}

/** LFM2 gives another number than the one that it uses; its configuration class has blocks of 256 too. */
function denseWidthOf(config: ConfigFields, { fourfold }: Architecture): number {
  const inner =
    fourfold && config.intermediate_size === null
      ? 4 * config.hidden_size
      : neededField(config, 'intermediate_size', 'feed-forward parts');
  if (config.block_auto_adjust_ff_dim !== true) return inner;
  const multiple = config.block_multiple_of ?? 256;
  return Math.ceil(Math.floor((2 * inner) / 3) / multiple) * multiple;
}

/** Gemma 3n has a table of vectors for each layer. A token reads one row of each. */
function tablesOf(config: ConfigFields): number {
  const { hidden_size_per_layer_input: size, vocab_size_per_layer_input: rows, num_hidden_layers: layers } = config;
  return size === null || rows === null ? 0 : size * rows * layers;
}
