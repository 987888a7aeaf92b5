/**
 * How weights are stored, by the names that people use. A mixed GGUF type keeps the output matrix in more bits than the body, and
 * engines for servers quantise the body alone. So a small model with a large vocabulary needs more bits a parameter than a large one.
 *
 * The body's bits of mixed GGUF types follow from the published sizes of Llama-3.1-8B (llama.cpp `tools/quantize/README.md`), less its
 * embedding and output matrix. Pure types follow from their blocks: Q4_0 holds 32 values of 4 bits and a scale of 16.
 */

export interface Storage {
  /** Bits of a parameter. */
  readonly body: number;
  /** The bits of the experts, which may be stored otherwise than the body. */
  readonly experts: number;
  readonly embedding: number;
  readonly output: number;
}

const gguf = (body: number, embedding: number, output = 6.5625): Storage => ({
  body,
  experts: body,
  embedding,
  output,
});
/** Everything in the same number of bits. */
const uniform = (bits: number): Storage => ({ body: bits, experts: bits, embedding: bits, output: bits });
/** The body alone is quantised, as engines for servers do. */
const bodyOnly = (bits: number): Storage => ({ body: bits, experts: bits, embedding: 16, output: 16 });

const STORAGE = {
  f32: uniform(32),
  f16: uniform(16),
  bf16: uniform(16),
  fp8: bodyOnly(8),
  int8: bodyOnly(8),
  /** 16 values of 4 bits share a scale of 8. */
  nvfp4: bodyOnly(4.5),
  /** 128 values of 4 bits share a scale of 16. */
  int4: bodyOnly(4.25),
  /** bitsandbytes: 64 values of 4 bits share a scale of 32. */
  nf4: bodyOnly(4.5),
  awq: bodyOnly(4.25),
  gptq: bodyOnly(4.25),
  /** gpt-oss: its experts have 32 values of 4 bits with a scale of 8, and everything else 16 bits. */
  mxfp4: { body: 16, experts: 4.25, embedding: 16, output: 16 },
  /** Kimi K2: its experts have 32 values of 4 bits with a scale of 16, and everything else 16 bits. */
  int4_experts: { body: 16, experts: 4.5, embedding: 16, output: 16 },
  q2_k: gguf(2.94, 2.625),
  q3_k_s: gguf(3.47, 3.4375),
  q3_k_m: gguf(3.85, 3.4375),
  q3_k_l: gguf(4.17, 3.4375),
  q4_0: gguf(4.5, 4.5),
  q4_1: gguf(5, 5),
  q4_k_s: gguf(4.54, 4.5),
  q4_k_m: gguf(4.81, 4.5),
  q5_0: gguf(5.5, 5.5),
  q5_k_s: gguf(5.5, 5.5),
  q5_k_m: gguf(5.66, 5.5),
  q6_k: uniform(6.5625),
  q8_0: uniform(8.5),
  iq1_s: gguf(1.7, 2.625, 5.5),
  iq1_m: gguf(1.86, 2.625, 5.5),
  iq2_xxs: gguf(2.13, 2.625, 5.5),
  iq2_xs: gguf(2.37, 2.625, 5.5),
  iq2_s: gguf(2.54, 2.625, 5.5),
  iq2_m: gguf(2.76, 2.625, 5.5),
  iq3_xxs: gguf(3.06, 3.4375),
  iq3_xs: gguf(3.34, 3.4375),
  iq3_s: gguf(3.53, 3.4375),
  iq3_m: gguf(3.65, 3.4375),
  iq4_xs: gguf(4.32, 4.25),
  iq4_nl: gguf(4.56, 4.5),
} as const satisfies Record<string, Storage>;

export type StorageName = keyof typeof STORAGE;

export const STORAGE_NAMES = Object.keys(STORAGE) as readonly StorageName[];

export function storageOf(name: StorageName): Storage {
  return STORAGE[name];
}

export function isStorageName(text: string): text is StorageName {
  return Object.hasOwn(STORAGE, text);
}
