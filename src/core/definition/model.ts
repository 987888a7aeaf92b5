/**
 * A model is weights or an endpoint, with the backend that runs it. An entry of `models.json` may carry variants
 * (quantisations, engines, adapters). A variant is the entry with some fields changed, and is named `entry:variant`.
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
  date: z.iso.date().describe('The day on which the price was read.'),
  source: z.string().describe('The page from which the price was read.'),
});

const common = {
  id: z.string(),
  title: z.string().optional(),
  class: z.enum(['slm', 'llm']).optional().describe('The default follows from the number of parameters.'),
  parameters: count.optional().describe('The number of parameters: 3800000000 or "3.8 B".'),
  context: z
    .int()
    .positive()
    .optional()
    .describe('The context with which the model is opened, in tokens. The KV cache grows with it.'),
  maxContext: z.int().positive().optional().describe('The longest context that the model was made for, in tokens.'),
  quantisation: z.string().optional().describe('The type in which the weights are stored: f16, q4_k_m, int8 …'),
  bitsPerWeight: z.number().positive().optional(),
  threads: z.int().positive().optional().describe('The threads of the engine. By default the backend chooses.'),
  licence: z.string().optional(),
  price: price.optional(),
  chatTemplateVariables: z
    .record(z.string(), z.unknown())
    .optional()
    .describe(
      'Variables for the chat template, beside the messages: { "enable_thinking": false }. A server gets them as chat_template_kwargs.',
    ),
  reasoning: z
    .strictObject({ begin: z.string().min(1), end: z.string().min(1) })
    .optional()
    .describe(
      'The marks around the reasoning, which is cut out of the answer: { "begin": "<think>", "end": "</think>" }',
    ),
  notes: z.string().optional(),
};

const chatTemplate = z
  .string()
  .min(1)
  .optional()
  .describe(
    "A chat template in place of the model's own: a Jinja file beside models.json, a text, or the name of one of the model's templates.",
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
      'A folder with a build of llama.cpp (libllama and the libraries beside it). It is measured in place of the build that comes with rightsize.',
    ),
});

const onnxruntime = z.strictObject({
  ...common,
  backend: z.literal('onnxruntime'),
  source,
  chatTemplate,
  file: z.string().optional().describe('The graph inside the folder. The default is the graph that the folder names.'),
  device: z.enum(['cpu', 'cuda', 'dml', 'coreml', 'webgpu']).default('cpu').describe('The execution provider.'),
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
  source: z.string().min(1).describe('The name that the server has for the model or the deployment.'),
  endpoint: z.url().describe('The base URL, such as https://api.openai.com/v1.'),
  api: z.enum(['chat', 'completions']).default('chat'),
  apiKeyEnv: z.string().optional().describe('The environment variable that holds the key.'),
  apiVersion: z.string().optional().describe('The api-version of Azure OpenAI.'),
  tokenLimitField: z.enum(['max_tokens', 'max_completion_tokens']).default('max_tokens'),
  extraBody: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('Further fields of every request: { "cache_prompt": false }.'),
  server: z
    .strictObject({
      command: z
        .array(z.string())
        .min(1)
        .describe('The program and its arguments. `{port}` is replaced by a free port.'),
      ready: z.string().default('/health').describe('The path that answers 200 once the server is ready.'),
      timeout: z.number().positive().default(120).describe('The seconds to wait until the server is ready.'),
      environment: z.record(z.string(), z.string()).default({}),
    })
    .optional()
    .describe('The way to start the server. Without it, the server must be running.'),
});

const scripted = z.strictObject({
  ...common,
  backend: z.literal('scripted'),
  source: z
    .string()
    .default('script')
    .describe('A JSON file of answers by prompt, or `script` for the answers in this entry.'),
  script: z
    .strictObject({
      /** The answers by the last user message. `*` answers every other message. */
      answers: z.record(z.string(), z.string()).default({ '*': '' }),
      ttft: z.number().nonnegative().default(0.01),
      itl: z.number().nonnegative().default(0.001),
      load: z.number().nonnegative().default(0),
      realTime: z
        .boolean()
        .default(false)
        .describe('Whether it waits as a real engine would. By default it runs on a clock of its own.'),
      crashOn: z.string().optional().describe('The process dies if a prompt contains this text.'),
      failOn: z.string().optional().describe('The engine fails if a prompt contains this text.'),
      memory: size.optional(),
    })
    .prefault({}),
});

const ENTRIES = [llamaCpp, onnxruntime, transformers, openai, scripted] as const;

export const modelSchema = z.discriminatedUnion('backend', ENTRIES, {
  error: `expected a known backend: one of ${ENTRIES.map(({ shape }) => shape.backend.value).join(', ')}`,
});

/** The fields that the models of a backend may have; none if there is no such backend. */
export function fieldsOf(backend: unknown): ReadonlySet<string> {
  const schema = modelSchema.options.find(({ shape }) => shape.backend.value === backend);
  return new Set(Object.keys(schema?.shape ?? {}));
}

/** An entry without its variants. Fields are checked after an entry and a variant are joined. */
const entry = z.looseObject({
  id: name,
  variants: z
    .record(name, z.looseObject({}))
    .optional()
    .describe('Variants by name. Each is the entry with these fields changed.'),
});

export const catalogueSchema = z.strictObject({
  $schema: z.string().optional(),
  default: z
    .array(z.string())
    .min(1)
    .optional()
    .describe(
      'The models that run if no model is named. `id:*` is an entry with all its variants. Without this list, every model of the file runs.',
    ),
  models: z.array(entry).min(1),
});

export type Model = z.infer<typeof modelSchema>;
export type BackendName = Model['backend'];
export type ModelOf<Name extends BackendName> = Extract<Model, { backend: Name }>;
export type ModelClass = 'slm' | 'llm';
export type Catalogue = z.infer<typeof catalogueSchema>;

/** The bytes of weights that fit one consumer GPU: 12 GB, less the KV cache and the runtime. */
const CONSUMER_GPU_WEIGHTS = 10e9;

/**
 * A model of up to about 7 billion parameters is small (models sold as "7 B" have up to 7.7), and one of more than 10 is large.
 * Between them, a model is small if its weights, as they are stored, fit one consumer GPU or a CPU.
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
 * The bits per weight of a type, by its name. The figures of the mixed GGUF types are those of Llama-3.1-8B
 * (llama.cpp `tools/quantize/README.md`). Other models differ by a few tenths.
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
