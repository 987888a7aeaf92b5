/**
 * llama.cpp through node-llama-cpp, in this process: GGUF files from a path or a hub, with the chat template that the file
 * carries. node-llama-cpp loads the model; generating and scoring drive its native context directly (llama-cpp/native.ts).
 */
import { availableParallelism } from 'node:os';
import { getLlama, getModuleVersion, type Llama, type LlamaContext, type LlamaModel } from 'node-llama-cpp';
import type { ModelOf } from '../core/definition/model.js';
import { describeError, UserError } from '../core/errors.js';
import type { SessionFacts } from '../core/measure/log.js';
import { known, missing } from '../core/measure/quantity.js';
import { sha256 } from '../files/hash.js';
import { describeSource, ggufFiles, type Resolved, resolveSource, type SourceOptions } from '../files/hub.js';
import type { Backend, BackendContext, Session } from './backend.js';
import { type ChatTemplate, createChatTemplate, NO_TEMPLATE_WARNING, PLAIN } from './chat-template.js';
import { abortionOf } from './llama-cpp/abort.js';
import { createEngine } from './llama-cpp/engine.js';
import { type GgufHeader, readGguf } from './llama-cpp/gguf.js';
import { createScorer } from './llama-cpp/loglikelihood.js';
import { nativeOf } from './llama-cpp/native.js';
import { generate, now } from './llama-cpp/session.js';
import { defaultThreads } from './llama-cpp/threads.js';
import { createVocabulary } from './llama-cpp/vocabulary.js';
import { describeWeights } from './weights.js';

type LlamaCppModel = ModelOf<'llama-cpp'>;

export const llamaCpp: Backend<LlamaCppModel> = {
  summary: 'GGUF models on llama.cpp, in process (CPU, or a GPU with `gpuLayers`)',
  cannot: {},
  async check(model, context) {
    const status = await describeSource(model.source, sourceOptions(model.source, context));
    if (status.ready !== true) return status;
    try {
      await readModel(status.resolved);
      await findAdapters(model, context);
      requireSettings(model);
      return { ready: true };
    } catch (error) {
      return { ready: false, reason: describeError(error) };
    }
  },
  async open(model, context, signal) {
    const abortion = abortionOf(signal);
    try {
      abortion.check();
      requireSettings(model);
      const resolved = await resolveSource(model.source, { ...sourceOptions(model.source, context), signal });
      const header = await readModel(resolved);
      const adapters = await findAdapters(model, context);
      abortion.check();
      const session = await openSession({ model, resolved, header, adapters, signal });
      if (signal.aborted) await session.close();
      abortion.check();
      return session;
    } catch (error) {
      abortion.check();
      throw error;
    } finally {
      abortion.release();
    }
  },
};

interface Adapter {
  readonly filePath: string;
  readonly scale: number;
}

interface Opening {
  readonly model: LlamaCppModel;
  readonly resolved: Resolved;
  readonly header: GgufHeader;
  readonly adapters: readonly Adapter[];
  readonly signal: AbortSignal;
}

/** What llama.cpp uses when an entry names no context: more is memory that most prompts leave empty. */
const DEFAULT_CONTEXT = 4096;

async function openSession(opening: Opening): Promise<Session> {
  const { model, header, resolved } = opening;
  const complaints: string[] = [];
  const llama = await getLlama({
    build: 'never',
    skipDownload: true,
    gpu: model.gpuLayers === 0 ? false : 'auto',
    maxThreads: 0,
    progressLogs: false,
    logger: (level, message) => {
      if (level === 'error' || level === 'fatal') complaints.push(message.trim());
    },
  });
  try {
    const { loaded, main, threads, openContext } = await load(llama, opening).catch((error: unknown) => {
      if (error instanceof UserError || opening.signal.aborted) throw error;
      // The first complaint is the cause; the lines after it say that each caller failed in turn.
      const said = complaints[0]?.replace(/^\w+: (error loading model: )?/, '') ?? describeError(error);
      throw new UserError(
        `${resolved.path}: expected a model that llama.cpp loads with these settings, but it says "${said}"; ` +
          'check the file, and lower `context` or `gpuLayers` where memory is short',
        { cause: error },
      );
    });
    const contextSize = Math.min(main.contextSize, model.context ?? main.contextSize);
    const native = nativeOf(main, loaded);
    const engine = createEngine(native, main.batchSize);
    const vocabulary = createVocabulary(native.model, { bos: loaded.tokens.bos, eos: loaded.tokens.eos });
    const template = templateOf(header, resolved.path);
    const scorer = createScorer({
      vocabulary,
      contextSize,
      open: async ({ sequences, tokens }) => {
        const context = await openContext({ sequences, contextSize: tokens, swaFullCache: true });
        const scoring = createEngine(nativeOf(context, loaded), context.batchSize);
        return {
          engine: scoring,
          async close() {
            scoring.dispose();
            await context.dispose();
          },
        };
      },
    });
    const facts = await factsOf(opening, { llama, loaded, contextSize, threads, template });
    let closed: Promise<void> | undefined;
    return {
      facts,
      now,
      processes: [],
      generate: (prompt, generation, signal) =>
        generate({ engine, vocabulary, template, contextSize }, prompt, generation, signal),
      loglikelihood: (request, signal) => scorer.score(request, signal),
      close: () => {
        closed ??= (async () => {
          await engine.idle();
          await scorer.close();
          engine.dispose();
          // In this order, by hand: what only the native side still holds is garbage to node-llama-cpp, which then waits
          // for ever to be told that it may go.
          await main.dispose();
          await loaded.dispose();
          await llama.dispose();
        })();
        return closed;
      },
    };
  } catch (error) {
    await llama.dispose();
    throw error;
  }
}

interface ContextNeeds {
  readonly sequences: number;
  readonly contextSize: number;
  /** Keeps what a sliding window has left behind, so that a sequence can go back to an earlier position. */
  readonly swaFullCache: boolean;
}

async function load(llama: Llama, { model, resolved, adapters, signal }: Opening) {
  const loaded = await llama.loadModel({
    modelPath: resolved.files[0]!,
    gpuLayers: model.gpuLayers,
    loadSignal: signal,
  });
  const threads = model.threads ?? defaultThreads(resolved.bytes);
  const kvCacheType = model.kvCacheType.toUpperCase() as 'F16';
  const openContext = (needs: ContextNeeds): Promise<LlamaContext> =>
    loaded.createContext({
      ...needs,
      batchSize: Math.min(model.batchSize, needs.contextSize),
      threads,
      flashAttention: model.flashAttention,
      experimentalKvCacheKeyType: kvCacheType,
      experimentalKvCacheValueType: kvCacheType,
      failedCreationRemedy: false,
      ...(adapters.length > 0 && { lora: { adapters: [...adapters] } }),
    });
  const contextSize = model.context ?? Math.min(loaded.trainContextSize, DEFAULT_CONTEXT);
  return { loaded, threads, openContext, main: await openContext({ sequences: 1, contextSize, swaFullCache: false }) };
}

interface Loaded {
  readonly llama: Llama;
  readonly loaded: LlamaModel;
  readonly contextSize: number;
  readonly threads: number;
  readonly template: ChatTemplate;
}

async function factsOf(
  opening: Opening,
  { llama, loaded, contextSize, threads, template }: Loaded,
): Promise<SessionFacts> {
  const { model, header, resolved, adapters } = opening;
  const gpu = llama.gpu === false ? null : `${llama.gpu} (${(await llama.getGpuDeviceNames()).join(', ')})`;
  return {
    engine: `node-llama-cpp ${await getModuleVersion()} (llama.cpp ${llama.llamaCppRelease.release})`,
    device: gpu ?? 'cpu',
    threads: known(threads),
    weights: await describeWeights([...resolved.files, ...adapters.map(({ filePath }) => filePath)]),
    parameters: header.parameters,
    ...(header.shape && {
      architecture: { ...header.shape, bytesPerCachedValue: BYTES_PER_CACHED_VALUE[model.kvCacheType] },
    }),
    context: known(contextSize),
    chatTemplateHash:
      template.source === null ? missing('the model has no chat template') : { value: sha256(template.source) },
    cannot: {},
    network: 'none',
    warnings: [
      ...(template.source === null ? [NO_TEMPLATE_WARNING] : []),
      ...(contextSize > loaded.trainContextSize
        ? [
            `the context of ${contextSize} tokens is longer than the ${loaded.trainContextSize} the model was trained on`,
          ]
        : []),
      ...(threads > availableParallelism()
        ? [`${threads} threads share ${availableParallelism()} cores and wait for each other; set fewer threads`]
        : []),
      ...(gpu === null && model.gpuLayers !== 0
        ? [`gpuLayers is ${model.gpuLayers}, but llama.cpp found no GPU here: the model runs on the CPU`]
        : []),
    ],
  };
}

/** Quantised caches hold blocks of 32 values with a scale of two bytes. */
const BYTES_PER_CACHED_VALUE = { f32: 4, f16: 2, q8_0: 34 / 32, q4_0: 18 / 32 } as const;

function templateOf({ chatTemplate, specialTokens }: GgufHeader, path: string): ChatTemplate {
  if (chatTemplate === null) return PLAIN;
  return createChatTemplate(chatTemplate, { place: `${path}: tokenizer.chat_template`, tokens: specialTokens });
}

function sourceOptions(source: string, { directory, environment, onProgress }: BackendContext): SourceOptions {
  const include = (files: readonly string[]) => ggufFiles(files, undefined, source);
  return { directory, environment, include, ...(onProgress && { onProgress }) };
}

async function readModel({ path, files }: Resolved): Promise<GgufHeader> {
  const [header] = await Promise.all(files.map(readGguf));
  if (header === undefined || header.type !== 'model' || !header.causal) {
    const found = header?.causal === false ? 'an encoder, which generates none' : `one of type ${header?.type}`;
    throw new UserError(`source: expected a GGUF model that generates text, found ${found}: ${path}`);
  }
  return header;
}

async function findAdapters({ lora }: LlamaCppModel, context: BackendContext): Promise<readonly Adapter[]> {
  return Promise.all(
    lora.map(async ({ file, scale }) => {
      const { files } = await resolveSource(file, sourceOptions(file, context));
      const filePath = files[0]!;
      const { type } = await readGguf(filePath);
      if (type === 'adapter') return { filePath, scale };
      throw new UserError(`lora: expected a GGUF file of type adapter, found ${type}: ${filePath}`);
    }),
  );
}

function requireSettings({ id, kvCacheType, flashAttention }: LlamaCppModel): void {
  if ((kvCacheType === 'q8_0' || kvCacheType === 'q4_0') && !flashAttention) {
    throw new UserError(
      `models.${id}: kvCacheType: expected f16 or f32 without flash attention, found ${kvCacheType}; ` +
        'set `flashAttention: true`, which llama.cpp needs for a quantised cache',
    );
  }
}
