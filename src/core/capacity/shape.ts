/**
 * The shape of a model: everything that its memory and its speed depend on, read from its own files before it is loaded.
 *
 * Three facts decide most of it. A mixture of experts stores all its experts and reads a few of them for each token. A layer with
 * a sliding window remembers the window and not the whole context. A layer without attention keeps a state of fixed size. So
 * weights are counted by part, and the memory of a request is counted layer by layer.
 */

export interface ModelShape {
  /** The name that the files give to the architecture: `llama`, `gemma3_text`, `deepseek_v3` … */
  readonly architecture: string;
  /** The length of the vector that passes from layer to layer. */
  readonly width: number;
  /** The inner width of the widest feed-forward part that a token passes. */
  readonly feedForward: number;
  readonly vocabulary: number;
  /** The longest context that the model was made for, in tokens; null if its files do not say. */
  readonly maxContext: number | null;
  readonly layers: readonly Layer[];
  readonly weights: Weights;
}

/** A number of parameters and the bytes that store them. */
export interface Part {
  readonly parameters: number;
  readonly bytes: number;
}

export interface Weights {
  /** The table of token vectors. A token reads one row of it. */
  readonly embedding: Part;
  /** The matrix that turns a vector into scores of all tokens; null if the model uses the embedding for it. */
  readonly output: Part | null;
  /** What every token reads: attention, dense feed-forward parts, shared experts, routers, norms. */
  readonly body: Part;
  /** The experts that a router chooses among; null for a dense model. */
  readonly experts: Experts | null;
}

export interface Experts extends Part {
  /** The experts of one layer, and how many of them one token uses. */
  readonly count: number;
  readonly used: number;
}

/** What a layer remembers of the tokens before. */
export type Layer = AttentionLayer | LatentLayer | RecurrentLayer | StatelessLayer;

export interface AttentionLayer {
  readonly kind: 'attention';
  readonly heads: number;
  readonly kvHeads: number;
  /** The length of a key and of a value of one head. */
  readonly keySize: number;
  readonly valueSize: number;
  /** The number of tokens that the layer can see; null for all of them. */
  readonly window: number | null;
  /** `shared`: the layer reads the cache of an earlier layer and has none. */
  readonly cache: 'own' | 'shared';
}

/** Multi-head latent attention: all heads share one compressed vector for each token (DeepSeek-V2, arXiv 2405.04434). */
export interface LatentLayer {
  readonly kind: 'latent';
  readonly heads: number;
  /** The length of the compressed vector, and of the part of the key that carries the position. */
  readonly rank: number;
  readonly ropeSize: number;
  /** The length of a key and of a value of one head, as they are read out of the compressed vector; absent if the files do not say. */
  readonly keySize?: number | undefined;
  readonly valueSize?: number | undefined;
}

/** A layer with a state of fixed size: Mamba, Gated DeltaNet, short convolutions. The numbers are values, not bytes. */
export interface RecurrentLayer {
  readonly kind: 'recurrent';
  /** The inputs of the last tokens that the convolution needs again. */
  readonly convolution: number;
  readonly state: number;
}

/** A layer without memory, such as a feed-forward layer that the files count for itself (Nemotron-H). */
export interface StatelessLayer {
  readonly kind: 'stateless';
}

const NOTHING: Part = { parameters: 0, bytes: 0 };

export function sumOf(parts: readonly Part[]): Part {
  return parts.reduce(
    (sum, part) => ({ parameters: sum.parameters + part.parameters, bytes: sum.bytes + part.bytes }),
    NOTHING,
  );
}

/** All weights of the model, as they are stored. */
export function allWeights({ embedding, output, body, experts }: Weights): Part {
  return sumOf([embedding, output ?? NOTHING, body, experts ?? NOTHING]);
}

/**
 * The weights that one step reads for `batch` tokens: all of the body and the output matrix, and the experts that at least one
 * of the tokens uses. If each token chooses `used` of `count` experts at random, it leaves a share `(1 - used/count)^batch` unread.
 */
export function weightsRead({ embedding, output, body, experts }: Weights, batch: number): Part {
  return sumOf([output ?? embedding, body, expertsRead(experts, batch)]);
}

export function expertsRead(experts: Experts | null, batch: number): Part {
  if (experts === null) return NOTHING;
  const share = 1 - (1 - experts.used / experts.count) ** batch;
  return { parameters: experts.parameters * share, bytes: experts.bytes * share };
}

/** The parameters that take part in computing one token. The embedding is a table, so it counts only where it is the output too. */
export function activeParameters(weights: Weights): number {
  return weightsRead(weights, 1).parameters;
}
