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

/**
 * A part at a time, so that the memory of the vectors stays in the fastest cache: the weights of a token have just driven everything else
 * out. The sum is of what the terms are beside the highest logit so far.
 *
 * @throws Error when the logits are not numbers.
 */
export function summarise(logits: Float32Array): Summary {
  let highest = Number.NEGATIVE_INFINITY;
  let likeliest = 0;
  let sum = 0;
  for (let start = 0; start < logits.length; start += PART) {
    const bytes = load(logits, start);
    const top = vector.highest(bytes);
    if (top > highest) {
      sum *= Math.exp(highest - top);
      highest = top;
      likeliest = start + vector.find(bytes, top) / Float32Array.BYTES_PER_ELEMENT;
    }
    // Beside a logit of minus infinity nothing is a number, and beside 0 that part adds nothing.
    sum += vector.sum(bytes, highest === Number.NEGATIVE_INFINITY ? 0 : highest);
  }
  // One term is the highest logit's own, and that is 1; rounded below it, a probability would be above 1.
  if (!(sum >= 0.999)) throw new Error('the engine gave logits that are not numbers; the weights are damaged');
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
  readonly memory: { readonly buffer: ArrayBuffer };
  highest(bytes: number): number;
  /** The address of the four logits among which the first of this value is. */
  find(bytes: number, value: number): number;
  sum(bytes: number, highest: number): number;
}

/** The used part of it; TypeScript only knows it together with a browser's other names. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(WASM, 'base64')));
const vector = exports as Vector;

/** Logits that are looked at at once: 16 KiB. */
const PART = 4096;
/** Logits that a step of the vectors takes. */
const STEP = 16;
const room = new Float32Array(vector.memory.buffer, 0, PART);

/** Copies a part of them to where the vectors are. Returns the bytes to look at. */
function load(logits: Float32Array, start: number): number {
  const count = Math.min(PART, logits.length - start);
  room.set(logits.subarray(start, start + count));
  const end = Math.ceil(count / STEP) * STEP;
  room.fill(Number.NEGATIVE_INFINITY, count, end);
  return end * Float32Array.BYTES_PER_ELEMENT;
}
