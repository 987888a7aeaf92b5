/**
 * The time of a step as a sum of terms. Each term is what the hardware would need at its full speed, or a count, and each is multiplied
 * by one fitted constant: the inverse of the share of bandwidth or of compute that an engine reaches, or seconds for each thing counted.
 *
 *     decoding step    weights / bandwidth + experts / bandwidth + cache / bandwidth + operations / compute
 *                      + layers + layers that exchange results between devices + bytes exchanged + sequences + 1
 *     reading a prompt operations / compute + operations of attention / compute + one pass over weights + layers + ...
 *
 * A roofline takes the larger of reading and computing, where this is a sum: engines overlap the two only in part, and in a sum every
 * constant keeps a slope that a fit can follow.
 */
import { cacheBytes, stateBytes, visible } from '../cache.js';
import type { Compute, Device } from '../device.js';
import { activeParameters, expertsRead, type ModelShape } from '../shape.js';

export const TERMS = [
  'weights',
  'experts',
  'cache',
  'compute',
  'layer',
  'routing',
  'dispatch',
  'exchange',
  'payload',
  'sequence',
  'step',
  'prefill',
  'attention',
  'mixed',
  'queue',
  'crowd',
  'waiting',
  'request',
] as const;

export type Term = (typeof TERMS)[number];

/** Seconds at full speed, or counts, by term. A term that is absent takes no time. */
export type Terms = Readonly<Partial<Record<Term, number>>>;

/** The hardware that runs a model. */
export interface Placement {
  readonly shape: ModelShape;
  readonly device: Pick<Device, 'bandwidth'> & {
    readonly compute: Compute;
  };
  /** The bytes that a model can use, of all devices together. */
  readonly memory: number;
  /** The devices that share each layer (tensor parallel). */
  readonly devices: number;
  /** Copies of the body, each on its own devices, that share one set of experts and the requests (data parallel). */
  readonly groups: number;
  /** Bytes of a cached value. */
  readonly bytesOfValue: number;
}

/** A decoding step: each of `batch` sequences gets its next token after a context of `context` tokens. */
export function decodingStep(
  { shape, device, devices, groups, bytesOfValue }: Placement,
  batch: number,
  context: number,
): Terms {
  const { weights, layers, width } = shape;
  const read = weights.body.bytes + (weights.output ?? weights.embedding).bytes;
  const bandwidth = device.bandwidth * devices;
  const own = Math.max(1, batch / groups);
  const operations = 2 * activeParameters(weights) + attentionOperations(shape, 1, context);
  return {
    weights: read / bandwidth,
    experts: expertsRead(weights.experts, batch).bytes / (bandwidth * groups),
    cache: (own * cacheBytes(shape, context, bytesOfValue)) / bandwidth,
    compute: (own * operations) / (rateOf(shape, device.compute) * devices),
    layer: layers.length,
    ...routing(shape, own),
    ...exchange(layers.length, width, own, devices * groups),
    sequence: own,
    step: 1,
  };
}

/** The engine reads `prompts` prompts of `tokens` tokens each at once, after `past` tokens that are in the cache. */
export function promptStep(
  { shape, device, devices, groups, bytesOfValue }: Placement,
  { prompts, tokens, past = 0 }: { readonly prompts: number; readonly tokens: number; readonly past?: number },
): Terms {
  const { weights, layers, width } = shape;
  const bandwidth = device.bandwidth * devices;
  const own = Math.max(1, prompts / groups);
  const output = weights.output ?? weights.embedding;
  const inLayers = activeParameters(weights) - output.parameters;
  return {
    weights: (weights.body.bytes + output.bytes) / bandwidth,
    experts: expertsRead(weights.experts, prompts * tokens).bytes / (bandwidth * groups),
    cache: (own * (past === 0 ? stateBytes(shape) : cacheBytes(shape, past, bytesOfValue))) / bandwidth,
    prefill: (2 * inLayers * own * tokens) / (rateOf(shape, device.compute) * devices),
    attention: (own * attentionOperations(shape, tokens, past)) / (device.compute.f16 * devices),
    layer: layers.length,
    ...routing(shape, 0),
    ...exchange(layers.length, width, own * tokens, devices * groups),
  };
}

/** Each layer with experts chooses them and sorts its tokens by expert. */
function routing({ weights, layers }: ModelShape, tokens: number): Terms {
  return weights.experts === null ? {} : { routing: layers.length, dispatch: layers.length * tokens };
}

/** Two exchanges of all results for each layer: after the attention and after the feed-forward part. */
function exchange(layers: number, width: number, tokens: number, devices: number): Terms {
  if (devices === 1) return {};
  const BYTES = 2;
  return { exchange: layers, payload: (2 * layers * tokens * width * BYTES * (devices - 1)) / devices };
}

/** The operations of attention over a prompt: two products of each query with each key that it sees, and with its value. */
function attentionOperations({ layers }: ModelShape, tokens: number, past: number): number {
  return layers.reduce((sum, layer) => {
    if (layer.kind !== 'attention' && layer.kind !== 'latent') return sum;
    const sizes = layer.kind === 'attention' ? layer.keySize + layer.valueSize : 2 * layer.rank + layer.ropeSize;
    const seen = Math.min(past + tokens / 2, visible(layer, past + tokens));
    return sum + 2 * layer.heads * sizes * tokens * seen;
  }, 0);
}

/** The fastest operations that the device has for numbers as wide as the weights. */
function rateOf({ weights }: ModelShape, { f16, f8 = f16, f4 = f8 }: Compute): number {
  const part = weights.experts ?? weights.body;
  const bits = (part.bytes * 8) / part.parameters;
  if (bits <= 5) return f4;
  return bits <= 9 ? f8 : f16;
}

/** The sum of terms, each as often as it occurs. */
export function sumOfTerms(parts: readonly (readonly [count: number, terms: Terms])[]): Terms {
  const sum: Partial<Record<Term, number>> = {};
  for (const [count, terms] of parts) {
    for (const term of TERMS) {
      const value = terms[term];
      if (value !== undefined && value > 0) sum[term] = (sum[term] ?? 0) + count * value;
    }
  }
  return sum;
}
