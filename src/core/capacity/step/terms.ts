/**
 * The time of a step as a sum of terms. Each term is what the hardware would need at its full speed, or a count, and each is multiplied
 * by one fitted constant: the inverse of the share of bandwidth or of compute that an engine reaches, or seconds for each thing counted.
 *
 *     decoding step    weights / bandwidth + experts / bandwidth + cache / bandwidth + operations / compute
 *                      + layers + layers with latent attention + layers with experts
 *                      + layers that exchange results between devices + bytes exchanged + sequences + 1
 *     reading a prompt operations / compute + operations of experts / compute + operations of attention / compute
 *                      + passes over weights + layers + ...
 *
 * Experts have a term of their own, because each multiplies the few tokens that were sent to it and reaches less of the compute.
 *
 * A roofline takes the larger of reading and computing, where this is a sum: engines overlap the two only in part, and in a sum every
 * constant keeps a slope that a fit can follow.
 */
import { cacheBytes, stateBytes, visible } from '../cache.js';
import type { Compute, Device } from '../device.js';
import { type AttentionLayer, expertsRead, type LatentLayer, type ModelShape } from '../shape.js';
import { expandsPrompts, rateOf } from './kernels.js';

/** The terms of a decoding step. */
export const STEP_TERMS = [
  'weights',
  'experts',
  'cache',
  'compute',
  'layer',
  'latent',
  'routing',
  'dispatch',
  'exchange',
  'payload',
  'sequence',
  'step',
] as const;

export const POLLED_TERMS = STEP_TERMS.map((term): `polled ${typeof term}` => `polled ${term}`);

export const TERMS = [
  ...STEP_TERMS,
  'prefill',
  'grouped',
  'attention',
  'queuedPrefill',
  'queuedGrouped',
  'queuedAttention',
  'crowd',
  'waiting',
  'request',
  ...POLLED_TERMS,
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
  /** An engine with its year: it decides in which numbers matrices are multiplied. */
  readonly engine: string;
  /** The most tokens of prompts that one pass over the weights computes. */
  readonly tokensOfPass: number;
}

/** A decoding step: each of `batch` sequences gets its next token after a context of `context` tokens. */
export function decodingStep(
  { shape, device, devices, groups, bytesOfValue, engine }: Placement,
  batch: number,
  context: number,
): Terms {
  const { weights, layers, width } = shape;
  const read = weights.body.bytes + (weights.output ?? weights.embedding).bytes;
  const bandwidth = device.bandwidth * devices;
  const own = Math.max(1, batch / groups);
  const [body, experts] = secondsOfToken(shape, { compute: device.compute, engine });
  const output = (2 * (weights.output ?? weights.embedding).parameters) / rateOf(engine, weights.body, device.compute);
  const attention = attentionOperations(shape, { tokens: 1, past: context, engine }) / device.compute.f16;
  return {
    weights: read / bandwidth,
    experts: expertsRead(weights.experts, batch).bytes / (bandwidth * groups),
    cache: (own * cacheBytes(shape, context, bytesOfValue)) / bandwidth,
    compute: (own * (body + experts + output + attention)) / devices,
    layer: layers.length,
    latent: latentLayers(shape),
    ...routing(shape, { passes: 1, tokens: own }),
    ...exchange(layers.length, width, own, devices * groups),
    sequence: own,
    step: 1,
  };
}

/** The engine reads `prompts` prompts of `tokens` tokens each at once, after `past` tokens that are in the cache. */
export function promptStep(
  { shape, device, devices, groups, bytesOfValue, engine, tokensOfPass }: Placement,
  { prompts, tokens, past = 0 }: { readonly prompts: number; readonly tokens: number; readonly past?: number },
): Terms {
  const { weights, layers, width } = shape;
  const bandwidth = device.bandwidth * devices;
  const own = Math.max(1, prompts / groups);
  const output = weights.output ?? weights.embedding;
  const [body, experts] = secondsOfToken(shape, { compute: device.compute, engine });
  const passes = Math.ceil((prompts * tokens) / tokensOfPass) || 1;
  return {
    weights: (passes * (weights.body.bytes + output.bytes)) / bandwidth,
    experts: (passes * expertsRead(weights.experts, (prompts * tokens) / passes).bytes) / (bandwidth * groups),
    cache: (own * (past === 0 ? stateBytes(shape) : cacheBytes(shape, past, bytesOfValue))) / bandwidth,
    prefill: (own * tokens * body) / devices,
    grouped: (own * tokens * experts) / devices,
    attention: (own * attentionOperations(shape, { tokens, past, engine })) / (device.compute.f16 * devices),
    layer: passes * layers.length,
    latent: passes * latentLayers(shape),
    ...routing(shape, { passes, tokens: 0 }),
    ...exchange(layers.length, width, own * tokens, devices * groups),
  };
}

/** The steps that a server decodes before it looks for new requests. */
export function polledSteps(step: Terms): Terms {
  return Object.fromEntries(STEP_TERMS.map((term, i) => [POLLED_TERMS[i], step[term] ?? 0]));
}

/** Each layer with experts chooses them and sorts its tokens by expert. */
function routing(
  { weights, layers }: ModelShape,
  { passes, tokens }: { readonly passes: number; readonly tokens: number },
): Terms {
  return weights.experts === null ? {} : { routing: passes * layers.length, dispatch: layers.length * tokens };
}

function latentLayers({ layers }: ModelShape): number {
  return layers.filter(({ kind }) => kind === 'latent').length;
}

/** Two exchanges of all results for each layer: after the attention and after the feed-forward part. */
function exchange(layers: number, width: number, tokens: number, devices: number): Terms {
  if (devices === 1) return {};
  const BYTES = 2;
  return { exchange: layers, payload: (2 * layers * tokens * width * BYTES * (devices - 1)) / devices };
}

/** The operations of attention over a prompt: two products of each query with each key that it sees, and with its value. */
function attentionOperations(
  { layers }: ModelShape,
  { tokens, past, engine }: { readonly tokens: number; readonly past: number; readonly engine: string },
): number {
  return layers.reduce((sum, layer) => {
    if (layer.kind !== 'attention' && layer.kind !== 'latent') return sum;
    const seen = Math.min(past + tokens / 2, visible(layer, past + tokens));
    return sum + 2 * layer.heads * sizesOfHead(layer, tokens, engine) * tokens * seen;
  }, 0);
}

/** The length of a key and a value of one head, as attention multiplies them. */
function sizesOfHead(layer: AttentionLayer | LatentLayer, tokens: number, engine: string): number {
  if (layer.kind === 'attention') return layer.keySize + layer.valueSize;
  const { rank, ropeSize, keySize, valueSize } = layer;
  const isExpanded = tokens > 1 && keySize !== undefined && valueSize !== undefined && expandsPrompts(engine);
  return isExpanded ? keySize + valueSize : 2 * rank + ropeSize;
}

/** The seconds at full speed that one token computes: in the body, and in the experts that it uses. */
function secondsOfToken(
  { weights: { body, experts } }: ModelShape,
  { compute, engine }: { readonly compute: Compute; readonly engine: string },
): readonly [body: number, experts: number] {
  return [
    (2 * body.parameters) / rateOf(engine, body, compute),
    experts === null ? 0 : (2 * expertsRead(experts, 1).parameters) / rateOf(engine, experts, compute),
  ];
}

const READING: readonly Term[] = ['weights', 'experts', 'cache'];
const COMPUTING: readonly Term[] = ['compute', 'prefill', 'grouped', 'attention'];

/** The seconds that no engine is below: reading at the full bandwidth or computing at full speed, whichever takes longer. The two may overlap. */
export function leastSeconds(terms: Terms): number {
  const sum = (names: readonly Term[]) => names.reduce((seconds, name) => seconds + (terms[name] ?? 0), 0);
  return Math.max(sum(READING), sum(COMPUTING));
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
