/**
 * How engines compute: in which numbers they multiply matrices, and in which form they read prompts with latent attention. Weights in few bits
 * are no promise of fast products. A format of weights alone (int4, awq, gptq, most of GGUF) becomes 16 bits again before it is multiplied,
 * unless the engine has products for it: llama.cpp turns the inputs into 8 bits too on NVIDIA and AMD (`mmq.cu`), and so do the engines of phones.
 */
import type { Compute } from '../device.js';
import type { Part } from '../shape.js';

const SERVERS = /^(vllm|sglang|trtllm|deepspeed) /;
const IN_8_BITS = /^(llama\.cpp (cuda|rocm|batched)|executorch|litert|qnn)/;

/**
 * The operations per second for products with a part of the weights. Servers have products of 8 and of 4 bits where the device has them.
 *
 * Note: bits alone do not tell nvfp4 from int4, so int4 in a server counts as if it was multiplied in the fewest bits that the device has.
 *
 * @param engine An engine with its year.
 */
export function rateOf(
  engine: string,
  { bytes, parameters }: Part,
  { f16, f8 = f16, i8 = f8, f4 = f8 }: Compute,
): number {
  const bits = (bytes * 8) / parameters;
  if (bits > 9) return f16;
  if (SERVERS.test(engine)) return bits > 5 ? f8 : f4;
  return IN_8_BITS.test(engine) ? i8 : f16;
}

/**
 * Whether prompts with latent attention get their keys and values out of the compressed vector, as DeepSeek-V2 (arXiv 2405.04434) describes it. One
 * token at a time stays in the compressed form, where each head is longer but nothing is expanded; llama.cpp does so with prompts too.
 */
export function expandsPrompts(engine: string): boolean {
  return !engine.startsWith('llama.cpp');
}

/**
 * The tokens of prompts that one pass over the weights computes: `n_ubatch` of llama.cpp if nobody says otherwise. Others take thousands, and a
 * pass over the weights is little beside so many.
 */
export function tokensOfPass(engine: string): number {
  return engine.startsWith('llama.cpp') ? LLAMA_CPP_BATCH : Number.POSITIVE_INFINITY;
}

export const LLAMA_CPP_BATCH = 512;
