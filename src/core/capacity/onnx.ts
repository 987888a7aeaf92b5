/**
 * The shape of a model that is stored as ONNX: its layers from the configuration beside the graph, and the bytes of its weights from the
 * initialisers of the graph. Exporters give matrices names of their own (`onnx::MatMul_123`), so a matrix with as many rows as the vocabulary counts
 * as the output matrix, unless its name says that it is the embedding.
 *
 *     config.json         of Hugging Face: everything
 *     genai_config.json   of ONNX Runtime GenAI: layers, heads and vocabulary; the inner width is that of the graph's matrices
 */
import { UserError } from '../errors.js';
import { shapeOfConfig } from './config/config.js';
import type { ModelShape, Part } from './shape.js';
import { storageOf } from './storage.js';

/** A weight of a graph. */
export interface OnnxTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly bytes: number;
}

export interface OnnxContent {
  /** The parsed `config.json`; null if there is none. */
  readonly config: unknown;
  /** The parsed `genai_config.json`; null if there is none. It counts where there is no `config.json`. */
  readonly genai: unknown;
  readonly tensors: readonly OnnxTensor[];
}

/** @throws UserError for a configuration that is unknown, or lacks what the shape follows from. */
export function shapeOfOnnx({ config, genai, tensors }: OnnxContent, place: string): ModelShape {
  const shape = shapeOfConfig(config ?? configOfGenAi(genai, tensors, place), storageOf('f16'), place);
  const { embedding, output, body, experts } = shape.weights;
  const bytes = { embedding: 0, output: 0, experts: 0, body: 0 };
  for (const tensor of tensors) bytes[partOf(tensor, shape.vocabulary)] += tensor.bytes;
  if (experts !== null && bytes.experts === 0) {
    throw new UserError(
      `${place}: expected weights of experts, found none by their names; name the published model instead`,
    );
  }
  const stored = <Of extends Part>(part: Of, size: number): Of => ({ ...part, bytes: size });
  return {
    ...shape,
    weights: {
      embedding: stored(embedding, bytes.embedding),
      // A graph may hold an output matrix of its own although the model shares it with the embedding.
      output: bytes.output === 0 ? null : stored(output ?? embedding, bytes.output),
      body: stored(body, bytes.body),
      experts: experts && stored(experts, bytes.experts),
    },
  };
}

function partOf({ name, dims }: OnnxTensor, vocabulary: number): 'embedding' | 'output' | 'experts' | 'body' {
  const isTable = /embed_tokens|word_embeddings|tok_embeddings|\bwte\b/.test(name);
  // A table has a row for each token; a matrix that was made of it has a column.
  if (/lm_head/.test(name) || (dims.length > 1 && dims.includes(vocabulary) && !(isTable && dims[0] === vocabulary)))
    return 'output';
  if (isTable) return 'embedding';
  return /experts?[._/]/.test(name) ? 'experts' : 'body';
}

/** The same fields under the names of `config.json`. */
function configOfGenAi(genai: unknown, tensors: readonly OnnxTensor[], place: string): unknown {
  const { model } = Object(genai) as { readonly model?: unknown };
  const { type, vocab_size, context_length, decoder } = Object(model) as Readonly<Record<string, unknown>>;
  const fields = Object(decoder) as Readonly<Record<string, unknown>>;
  const inner = Math.max(0, ...tensors.filter(({ name }) => INNER.test(name)).flatMap(({ dims }) => dims));
  if (inner === 0) {
    throw new UserError(
      `${place}: expected matrices of feed-forward parts, found none by their names; give the config.json of the model too`,
    );
  }
  return {
    model_type: type,
    num_hidden_layers: fields.num_hidden_layers,
    hidden_size: fields.hidden_size,
    num_attention_heads: fields.num_attention_heads,
    num_key_value_heads: fields.num_key_value_heads,
    head_dim: fields.head_size,
    intermediate_size: inner,
    vocab_size,
    max_position_embeddings: context_length,
  };
}

/** The matrices that widen a vector in a feed-forward part: their longest side is the inner width. */
const INNER = /mlp.*(gate_proj|up_proj|fc1)\b/;
