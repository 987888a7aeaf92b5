/** The shape of a model from the `config.json` of its repository, with the bytes that a way to store its weights gives. */
import { UserError } from '../../errors.js';
import type { Experts, ModelShape, Part, Weights } from '../shape.js';
import { type Storage, storageOfRows } from '../storage.js';
import { type Architecture, architectureOf } from './architectures.js';
import { type ConfigFields, neededField, readConfig } from './fields.js';
import { type ConfiguredLayer, layersOf, sharesCache } from './layers.js';

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
  const dense = layers.map(({ feedForward }, index) =>
    feedForward === 'dense' ? denseWidthOf(fields, architecture, index) : 0,
  );
  return {
    architecture: fields.model_type,
    width: fields.hidden_size,
    feedForward: Math.max(...dense, fields.intermediate_size ?? 0, widthOfTokenExperts(fields)),
    vocabulary: fields.vocab_size,
    maxContext: fields.max_position_embeddings,
    layers: layers.map(({ layer }) => layer),
    weights: weightsOf(fields, architecture, layers, storageOfRows(storage, fields.hidden_size)),
  };
}

function weightsOf(
  config: ConfigFields,
  architecture: Architecture,
  layers: readonly ConfiguredLayer[],
  storage: Storage,
): Weights {
  const { hidden_size: width, vocab_size: vocabulary, moe_latent_size: latent } = config;
  const matrices = architecture.gated ? 3 : 2;
  const experts = expertsOf(config, matrices * (latent ?? width), layers);
  const shared = sharedWidthOf(config) * matrices * width;
  // Nemotron's experts work on a shorter vector, which two matrices make of the usual one and turn back.
  const beside = experts === null ? 0 : shared + width * experts.count + 2 * width * (latent ?? 0);
  const body = layers.reduce((sum, { mixing, feedForward }, index) => {
    const inner = feedForward === 'dense' ? matrices * width * denseWidthOf(config, architecture, index) : 0;
    // Norms and biases are a thousandth of the rest: four vectors stand for them.
    return sum + mixing + inner + (feedForward === 'experts' ? beside : 0) + 4 * width;
  }, streamsOf(config));
  const token = vocabulary * width;
  const tables = tablesOf(config);
  const tied = config.tie_word_embeddings ?? architecture.tied;
  return {
    ...(tied ? tiedOf(token, tables, storage) : untiedOf(token, tables, storage)),
    body: stored(body, storage.body),
    experts: experts && { ...experts, ...stored(experts.parameters, storage.experts) },
  };
}

type Tables = Pick<Weights, 'embedding' | 'output'>;

/** An embedding that is the output too is stored as an output is. Beside tables for each layer, it is the output: it alone is read whole. */
function tiedOf(token: number, tables: number, storage: Storage): Tables {
  const both = stored(token, storage.output);
  return tables === 0
    ? { embedding: both, output: null }
    : { embedding: stored(tables, storage.embedding), output: both };
}

function untiedOf(token: number, tables: number, storage: Storage): Tables {
  return { embedding: stored(token + tables, storage.embedding), output: stored(token, storage.output) };
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

/** The inner width of the experts that every token uses. Llama 4 has one as wide as the others, Gemma 4 a dense part beside the experts. */
function sharedWidthOf(config: ConfigFields): number {
  if (config.enable_moe_block === true) return neededField(config, 'intermediate_size', 'a dense part beside experts');
  if (config.shared_expert_intermediate_size !== null) return config.shared_expert_intermediate_size;
  if (config.shared_intermediate_size !== null && config.num_experts !== null) return config.shared_intermediate_size;
  if (config.n_shared_experts !== null) return config.n_shared_experts * (config.moe_intermediate_size ?? 0);
  return config.model_type.startsWith('llama4') ? (config.intermediate_size ?? 0) : 0;
}

/**
 * LFM2 gives another number than the one that it uses; its configuration class has blocks of 256 too. Granite's dense models have the part that its
 * others have beside their experts. Layers of Gemma 4 E2B without a cache are twice as wide.
 */
function denseWidthOf(config: ConfigFields, { fourfold }: Architecture, index: number): number {
  if (config.model_type === 'granitemoehybrid') {
    return neededField(config, 'shared_intermediate_size', 'feed-forward parts');
  }
  const inner =
    fourfold && config.intermediate_size === null
      ? 4 * config.hidden_size
      : neededField(config, 'intermediate_size', 'feed-forward parts');
  if (config.use_double_wide_mlp === true && sharesCache(config, index)) return 2 * inner;
  if (config.block_auto_adjust_ff_dim !== true) return inner;
  const multiple = config.block_multiple_of ?? 256;
  return Math.ceil(Math.floor((2 * inner) / 3) / multiple) * multiple;
}

/** Gemma 3n and the small Gemma 4 have a table of vectors for each layer. A token reads one row of each. */
function tablesOf(config: ConfigFields): number {
  const { hidden_size_per_layer_input: size, vocab_size_per_layer_input: rows, num_hidden_layers: layers } = config;
  return size === null || rows === null ? 0 : size * rows * layers;
}

/**
 * What brings those vectors into each layer: a gate and a projection there, and a projection of the embedding. Gemma 3n has streams beside the main one
 * too (AltUp, arXiv 2301.13310), with a matrix to and from each, and a short way around each attention (LAuReL, arXiv 2411.07501).
 */
function streamsOf(config: ConfigFields): number {
  const { hidden_size: width, num_hidden_layers: layers } = config;
  const perLayer = 3 * (config.hidden_size_per_layer_input ?? 0) + 2 * (config.laurel_rank ?? 0);
  return layers * width * perLayer + 2 * ((config.altup_num_inputs ?? 1) - 1) * width ** 2;
}
