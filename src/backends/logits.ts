/**
 * Logits to log-probabilities: a logit minus the logarithm of the sum of the exponentials of all. A vocabulary has up to
 * 260,000 of them, and this is done for every token: in JavaScript that takes as long as a tenth of a small model's token,
 * with four at a time (logits.wat) a hundredth.
 */
import { WASM } from './logits.wasm.js';

export interface Summary {
  /** The first token of the highest logit. */
  readonly likeliest: number;
  readonly highest: number;
  /** The logarithm of the sum of the exponentials of all logits, to 0.000001. */
  readonly total: number;
}

/** @throws Error when the logits are not numbers. */
export function summarise(logits: Float32Array): Summary {
  const bytes = load(logits);
  const highest = vector.highest(bytes);
  const sum = vector.sum(bytes, highest);
  // One term is the highest logit's own, and that is 1; rounded below it, a probability would be above 1.
  if (!(sum >= 0.999)) throw new Error('the engine gave logits that are not numbers; the weights are damaged');
  let likeliest = vector.find(bytes, highest) / Float32Array.BYTES_PER_ELEMENT;
  while (logits[likeliest] !== highest) likeliest++;
  return { likeliest, highest, total: highest + Math.log(Math.max(1, sum)) };
}

/** Natural logarithm of a token's probability at temperature 1, whatever temperature it was drawn at. */
export function logProbability(logits: Float32Array, token: number): number {
  return scoreOf(logits, token).logprob;
}

/** The log-probability of a token, and whether it is the likeliest. */
export function scoreOf(logits: Float32Array, token: number): { readonly logprob: number; readonly greedy: boolean } {
  const { likeliest, total } = summarise(logits);
  return { logprob: logits[token]! - total, greedy: token === likeliest };
}

interface Vector {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  highest(bytes: number): number;
  /** The address of the four logits among which the first of this value is. */
  find(bytes: number, value: number): number;
  sum(bytes: number, highest: number): number;
}

/** What is used of it; TypeScript knows it with a browser's other names only. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(WASM, 'base64')));
const vector = exports as Vector;

const PAGE = 65_536;
const BLOCK = 16;

/** Copies them to where the vectors are, which takes a fiftieth of what is done there. Returns the bytes to look at. */
function load(logits: Float32Array): number {
  const { memory } = vector;
  const bytes = Math.ceil(logits.byteLength / BLOCK) * BLOCK;
  const lacking = bytes - memory.buffer.byteLength;
  if (lacking > 0) memory.grow(Math.ceil(lacking / PAGE));
  const room = new Float32Array(memory.buffer, 0, bytes / Float32Array.BYTES_PER_ELEMENT);
  room.set(logits);
  room.fill(Number.NEGATIVE_INFINITY, logits.length);
  return bytes;
}
