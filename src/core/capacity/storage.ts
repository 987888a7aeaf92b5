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
  /** How matrices are stored whose rows are no whole blocks of 256 values; absent where they are stored alike. */
  readonly narrow?: Omit<Storage, 'narrow'>;
}

/**
 * llama.cpp stores a matrix whose rows are no whole blocks of 256 in a type of blocks of 32 (`tools/quantize`, `llama-quant.cpp`): Q2_K, Q3_K and the
 * i-quants as IQ4_NL, Q4_K as Q5_0, Q5_K as Q5_1, Q6_K as Q8_0. Only the second matrix of a feed-forward part has other rows, and keeps its type.
 * The output matrix, which types of blocks of 32 store in Q6_K too, is then Q8_0.
 */
const narrow = (body: number, embedding = body): Pick<Storage, 'narrow'> => ({
  narrow: { body, experts: body, embedding, output: 8.5 },
});

const gguf = (body: number, embedding: number, output = 6.5625): Storage => ({
  body,
  experts: body,
  embedding,
  output,
});
const blocks = (storage: Storage, ofRows: Pick<Storage, 'narrow'>): Storage => ({ ...storage, ...ofRows });
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
  /** gpt-oss as its files for llama.cpp have it (`MXFP4 MoE`): the same experts, and everything else as Q8_0. */
  mxfp4_moe: { body: 8.5, experts: 4.25, embedding: 8.5, output: 8.5 },
  /** Kimi K2: its experts have 32 values of 4 bits with a scale of 16, and everything else 16 bits. */
  int4_experts: { body: 16, experts: 4.5, embedding: 16, output: 16 },
  q2_k: blocks(gguf(2.94, 2.625), narrow(4.5)),
  q3_k_s: blocks(gguf(3.47, 3.4375), narrow(4.5)),
  q3_k_m: blocks(gguf(3.85, 3.4375), narrow(4.5)),
  q3_k_l: blocks(gguf(4.17, 3.4375), narrow(4.5)),
  q4_0: blocks(gguf(4.5, 4.5), narrow(4.5)),
  q4_1: blocks(gguf(5, 5), narrow(5)),
  q4_k_s: blocks(gguf(4.54, 4.5), narrow(5.5)),
  q4_k_m: blocks(gguf(4.81, 4.5), narrow(5.5)),
  q5_0: blocks(gguf(5.5, 5.5), narrow(5.5)),
  q5_k_s: blocks(gguf(5.5, 5.5), narrow(6)),
  q5_k_m: blocks(gguf(5.66, 5.5), narrow(6)),
  q6_k: blocks(uniform(6.5625), narrow(7.85, 8.5)),
  q8_0: uniform(8.5),
  iq1_s: blocks(gguf(1.7, 2.625, 5.5), narrow(4.5)),
  iq1_m: blocks(gguf(1.86, 2.625, 5.5), narrow(4.5)),
  iq2_xxs: blocks(gguf(2.13, 2.625, 5.5), narrow(4.5)),
  iq2_xs: blocks(gguf(2.37, 2.625, 5.5), narrow(4.5)),
  iq2_s: blocks(gguf(2.54, 2.625, 5.5), narrow(4.5)),
  iq2_m: blocks(gguf(2.76, 2.625, 5.5), narrow(4.5)),
  iq3_xxs: blocks(gguf(3.06, 3.4375), narrow(4.5)),
  iq3_xs: blocks(gguf(3.34, 3.4375), narrow(4.5)),
  iq3_s: blocks(gguf(3.53, 3.4375), narrow(4.5)),
  iq3_m: blocks(gguf(3.65, 3.4375), narrow(4.5)),
  iq4_xs: blocks(gguf(4.32, 4.25), narrow(4.5)),
  iq4_nl: blocks(gguf(4.56, 4.5), narrow(4.5)),
} as const satisfies Record<string, Storage>;

/** @param width The length of a row of most matrices: the width of the model. */
export function storageOfRows(storage: Storage, width: number): Storage {
  return storage.narrow === undefined || width % 256 === 0 ? storage : storage.narrow;
}

export type StorageName = keyof typeof STORAGE;

export const STORAGE_NAMES = Object.keys(STORAGE) as readonly StorageName[];

export function storageOf(name: StorageName): Storage {
  return STORAGE[name];
}

/** Whether the bytes of weights stored so are an estimate. Without quantisation each parameter has its bits. */
export function isEstimate(name: StorageName): boolean {
  return name !== 'f32' && name !== 'f16' && name !== 'bf16';
}

export function isStorageName(text: string): text is StorageName {
  return Object.hasOwn(STORAGE, text);
}
