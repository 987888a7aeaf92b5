/**
 * A model is weights or an endpoint, with the backend that runs it. An entry of `models.json` may carry variants
 * (quantisations, engines, adapters): each is the entry with some fields changed, and is named `entry:variant`.
 *
 *     { "id": "phi-3-mini", "parameters": "3.8 B", "licence": "MIT", "context": 4096,
 *       "backend": "llama-cpp", "source": "hf:microsoft/Phi-3-mini-4k-instruct-gguf:Q4_K_M",
 *       "variants": { "onnx": { "backend": "onnxruntime", "source": "hf:microsoft/Phi-3-mini-4k-instruct-onnx/…" } } }
 */
import { z } from 'zod';
import { name } from './suite.js';
import { count, size } from './units.js';

const price = z.strictObject({
  input: z.number().nonnegative().describe('US dollars per million prompt tokens.'),
  output: z.number().nonnegative().describe('US dollars per million output tokens.'),
  date: z.iso.date().describe('When the price was read.'),
  source: z.string().describe('Where the price was read.'),
});

const common = {
  id: z.string(),
  title: z.string().optional(),
  class: z.enum(['slm', 'llm']).optional().describe('The default follows from the number of parameters.'),
  parameters: count.optional().describe('How many parameters the model has: 3800000000 or "3.8 B".'),
  context: z
    .int()
    .positive()
    .optional()
    .describe('Tokens of context that the model is opened with; its KV cache grows with them.'),
  maxContext: z.int().positive().optional().describe('The longest context that the model was made for, in tokens.'),
  quantisation: z.string().optional().describe('How the weights are stored: f16, q4_k_m, int8 …'),
  bitsPerWeight: z.number().positive().optional(),
  threads: z.int().positive().optional().describe('Threads of the engine; the default leaves it to the backend.'),
  licence: z.string().optional(),
  price: price.optional(),
  chatTemplateVariables: z
    .record(z.string(), z.unknown())
    .optional()
    .describe(
      'What the chat template is given beside the messages: { "enable_thinking": false }. Servers are sent it as chat_template_kwargs.',
    ),
  reasoning: z
    .strictObject({ begin: z.string().min(1), end: z.string().min(1) })
    .optional()
    .describe(
      'The marks around what the model thinks: it is cut out of the answer. { "begin": "<think>", "end": "</think>" }',
    ),
  notes: z.string().optional(),
};

const chatTemplate = z
  .string()
  .min(1)
  .optional()
  .describe(
    "Another chat template than the model's own: a Jinja file beside models.json, a text, or the name of one of several.",
  );

const source = z
  .string()
  .min(1)
  .describe(
    'A path beside models.json, or a hub reference: hf:org/repo, hf:org/repo:Q4_K_M, hf:org/repo/file.gguf. In a fleet also root:NAME/path, below a folder that each machine names.',
  );

const llamaCpp = z.strictObject({
  ...common,
  backend: z.literal('llama-cpp'),
  source,
  chatTemplate,
  gpuLayers: z.union([z.int().nonnegative(), z.literal('max')]).default(0),
  flashAttention: z.union([z.boolean(), z.literal('auto')]).default('auto'),
  kvCacheType: z.enum(['f32', 'f16', 'q8_0', 'q4_0']).default('f16'),
  batchSize: z.int().positive().default(512),
  lora: z
    .array(z.strictObject({ file: z.string().min(1), scale: z.number().default(1) }))
    .default([])
    .describe('LoRA adapters as GGUF files.'),
  library: z
    .string()
    .min(1)
    .optional()
    .describe(
      'A folder with the libraries of a llama.cpp build (libllama and those beside it), measured in place of the one that rightsize brings.',
    ),
});

const onnxruntime = z.strictObject({
  ...common,
  backend: z.literal('onnxruntime'),
  source,
  chatTemplate,
  file: z.string().optional().describe('The graph inside the folder; the default is what the folder names.'),
  device: z.enum(['cpu', 'cuda', 'dml', 'coreml', 'webgpu']).default('cpu').describe('Execution provider.'),
});

const transformers = z.strictObject({
  ...common,
  backend: z.literal('transformers'),
  source,
  chatTemplate,
  dtype: z.enum(['fp32', 'fp16', 'q8', 'int8', 'uint8', 'q4', 'q4f16', 'bnb4']).default('fp32'),
  device: z.enum(['cpu', 'cuda', 'dml', 'coreml', 'webgpu']).default('cpu'),
});

const openai = z.strictObject({
  ...common,
  backend: z.literal('openai'),
  source: z.string().min(1).describe('The name of the model (or deployment) as the server knows it.'),
  endpoint: z.url().describe('Base URL, as in https://api.openai.com/v1.'),
  api: z.enum(['chat', 'completions']).default('chat'),
  apiKeyEnv: z.string().optional().describe('The environment variable that holds the key.'),
  apiVersion: z.string().optional().describe('The api-version of Azure OpenAI.'),
  tokenLimitField: z.enum(['max_tokens', 'max_completion_tokens']).default('max_tokens'),
  /** What a server is sent beside the standard fields, as it is (for example `{ "cache_prompt": false }`). */
  extraBody: z.record(z.string(), z.unknown()).default({}),
  server: z
    .strictObject({
      command: z.array(z.string()).min(1).describe('Program and arguments; `{port}` stands for a free port.'),
      ready: z.string().default('/health').describe('The path that answers 200 once the server is ready.'),
      timeout: z.number().positive().default(120).describe('Seconds to wait for it.'),
      environment: z.record(z.string(), z.string()).default({}),
    })
    .optional()
    .describe('How to start the server; without it, the server is taken to be there.'),
});

const scripted = z.strictObject({
  ...common,
  backend: z.literal('scripted'),
  source: z
    .string()
    .default('script')
    .describe('A JSON file of answers by sample prompt, or `script` for the inline one.'),
  script: z
    .strictObject({
      /** Answers by the last user message; `*` answers everything else. */
      answers: z.record(z.string(), z.string()).default({ '*': '' }),
      ttft: z.number().nonnegative().default(0.01),
      itl: z.number().nonnegative().default(0.001),
      load: z.number().nonnegative().default(0),
      realTime: z
        .boolean()
        .default(false)
        .describe('Wait as a real engine would, instead of running on its own clock.'),
      crashOn: z.string().optional().describe('The process dies when a prompt holds this text.'),
      failOn: z.string().optional().describe('The engine fails when a prompt holds this text.'),
      memory: size.optional(),
    })
    .prefault({}),
});

const ENTRIES = [llamaCpp, onnxruntime, transformers, openai, scripted] as const;

export const modelSchema = z.discriminatedUnion('backend', ENTRIES, {
  error: `expected a known backend: one of ${ENTRIES.map(({ shape }) => shape.backend.value).join(', ')}`,
});

/** The fields that a backend's models may have; none for what is no backend. */
export function fieldsOf(backend: unknown): ReadonlySet<string> {
  const schema = modelSchema.options.find(({ shape }) => shape.backend.value === backend);
  return new Set(Object.keys(schema?.shape ?? {}));
}

/** An entry before its variants are laid over it: fields are checked once the two are one. */
const entry = z.looseObject({
  id: name,
  variants: z.record(name, z.looseObject({})).optional().describe('Each is the entry with these fields changed.'),
});

export const catalogueSchema = z.strictObject({
  $schema: z.string().optional(),
  default: z
    .array(z.string())
    .min(1)
    .optional()
    .describe(
      'What runs when no model is named; `id:*` is an entry and every variant of it. Without it, every model of this file runs.',
    ),
  models: z.array(entry).min(1),
});

export type Model = z.infer<typeof modelSchema>;
export type BackendName = Model['backend'];
export type ModelOf<Name extends BackendName> = Extract<Model, { backend: Name }>;
export type ModelClass = 'slm' | 'llm';
export type Catalogue = z.infer<typeof catalogueSchema>;

/** What one consumer GPU holds, weights alone: 12 GB less room for the KV cache and the runtime. */
const CONSUMER_GPU_WEIGHTS = 10e9;

/**
 * Small or large: up to about 7 billion parameters is small (models sold as "7 B" reach 7.7), over 10 large, and between
 * them what fits one consumer GPU or a CPU as stored (quantised) is small.
 *
 * @returns null when the entry says neither its class nor its parameters.
 */
export function classOf(
  model: Pick<Model, 'class' | 'parameters' | 'quantisation' | 'bitsPerWeight'>,
): ModelClass | null {
  if (model.class !== undefined) return model.class;
  if (model.parameters === undefined) return null;
  if (model.parameters <= 7.7e9) return 'slm';
  if (model.parameters > 10e9) return 'llm';
  const bits = model.bitsPerWeight ?? bitsOf(model.quantisation ?? 'f16');
  return (model.parameters * bits) / 8 <= CONSUMER_GPU_WEIGHTS ? 'slm' : 'llm';
}

/**
 * Bits per weight of a way to store weights, by its name. The mixed GGUF types are Llama-3.1-8B's own figures
 * (llama.cpp `tools/quantize/README.md`); other models differ by a few tenths.
 */
export function bitsOf(quantisation: string): number {
  const key = quantisation.toLowerCase();
  const exact = BITS[key];
  if (exact !== undefined) return exact;
  const digits = /(?:int|uint|fp|bf|f|q|iq|bnb)(\d+)/.exec(key)?.[1];
  return digits === undefined ? 16 : Number(digits);
}

const BITS: Readonly<Record<string, number>> = {
  iq2_xxs: 2.38,
  iq2_xs: 2.59,
  iq2_s: 2.74,
  iq2_m: 2.93,
  iq3_xxs: 3.25,
  iq3_xs: 3.5,
  iq3_s: 3.66,
  iq3_m: 3.76,
  iq4_xs: 4.46,
  iq4_nl: 4.68,
  q2_k: 3.16,
  q3_k_s: 3.64,
  q3_k_m: 4,
  q3_k_l: 4.3,
  q4_0: 4.5,
  q4_1: 5,
  q4_k_s: 4.67,
  q4_k_m: 4.89,
  q5_0: 5.5,
  q5_1: 6,
  q5_k_s: 5.57,
  q5_k_m: 5.7,
  q6_k: 6.56,
  q8_0: 8.5,
  q4: 4.5,
  q4f16: 4.5,
  bnb4: 4.5,
};
