/** llama.cpp in this process: GGUF files from a path or a hub, with the chat template that the file carries. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ModelShape } from '../core/capacity/shape.js';
import type { ModelOf } from '../core/definition/model.js';
import { describeError, UserError } from '../core/errors.js';
import type { SessionFacts } from '../core/log/log.js';
import { known } from '../core/quantity.js';
import { describeSource, ggufFiles, resolveSource } from '../hub/hub.js';
import type { Resolved, SourceOptions } from '../hub/source.js';
import { abortionOf } from './abort.js';
import type { Backend, BackendContext, Session } from './backend.js';
import { type ChatTemplate, chooseTemplate, templateHash, templateWarnings } from './chat-template.js';
import { threadWarnings } from './cores.js';
import { schedulerOfSequences } from './llama-cpp/continuous-batching.js';
import type { ContextNeeds, LoadedModel } from './llama-cpp/engine.js';
import { librariesIn, shippedLibraries } from './llama-cpp/find-library.js';
import { footprintOf, shapeOfFiles } from './llama-cpp/footprint.js';
import { type GgufHeader, readGguf } from './llama-cpp/gguf.js';
import { type Library, openLibrary } from './llama-cpp/library.js';
import { createTurns, type GeneratorParts, generate, generateInBatch, now } from './llama-cpp/llama-session.js';
import { createLoglikelihoodScorer } from './llama-cpp/loglikelihood.js';
import { loadModel } from './llama-cpp/model.js';
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
      templateOf((await readModel(status.resolved)).header, { model, resolved: status.resolved, context });
      await findAdapters(model, context);
      requireSettings(model);
      if (model.library !== undefined) requireLibrary(model, model.library, context);
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
      const { header, shape } = await readModel(resolved);
      const adapters = await findAdapters(model, context);
      abortion.check();
      const session = await openSession({ model, context, resolved, header, shape, adapters, signal });
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
  readonly context: BackendContext;
  readonly resolved: Resolved;
  readonly header: GgufHeader;
  /** Null if the header does not tell it. */
  readonly shape: ModelShape | null;
  readonly adapters: readonly Adapter[];
  readonly signal: AbortSignal;
}

/** What llama.cpp uses when an entry names no context: more is memory that most prompts leave empty. */
const DEFAULT_CONTEXT = 4096;

async function openSession(opening: Opening): Promise<Session> {
  const { model, header } = opening;
  const loaded = await load(opening);
  try {
    const context = model.context ?? Math.min(loaded.trainedContext, DEFAULT_CONTEXT);
    const vocabulary = createVocabulary(loaded.tokenizer);
    const template = templateOf(header, opening);
    const turns = createTurns();
    const generator = await openGenerator(opening, loaded, { contextSize: context, vocabulary, template, turns });
    const { contextSize } = generator;
    const scorer = createLoglikelihoodScorer({ vocabulary, contextSize, turns, openContext: loaded.openContext });
    const facts = await factsOf(opening, loaded, { contextSize, template });
    let closed: Promise<void> | undefined;
    return {
      facts,
      now,
      processes: [],
      concurrency: generator.concurrency,
      generate: generator.generate,
      loglikelihood: (request, signal) => scorer.score(request, signal),
      close: () => {
        turns.end();
        closed ??= scorer.close().then(generator.close).then(loaded.close);
        return closed;
      },
    };
  } catch (error) {
    await loaded.close();
    throw error;
  }
}

interface Generator extends Pick<Session, 'generate' | 'close'> {
  readonly contextSize: number;
  readonly concurrency: number;
}

type AnswerParts = Omit<GeneratorParts, 'engine'>;

/** Full contexts that answers side by side have room for: most prompts are shorter, and one that finds no room waits. */
const FULL_CONTEXTS = 4;

async function openGenerator(
  { resolved, context: { concurrency = 1 } }: Opening,
  { copies, openContext }: LoadedModel,
  { contextSize: context, ...parts }: AnswerParts,
): Promise<Generator> {
  const open = (needs: Omit<ContextNeeds, 'contextSize' | 'fullWindow'>, fullWindow: boolean) =>
    openContext({ ...needs, contextSize: context, fullWindow }).catch((error: unknown) => refuse(resolved.path, error));
  if (concurrency === 1) {
    const engine = await open({ sequences: 1 }, false);
    const contextSize = Math.min(context, engine.contextSize);
    return {
      contextSize,
      concurrency: 1,
      generate: (prompt, generation, signal) => generate({ engine, contextSize, ...parts }, prompt, generation, signal),
      close: engine.close,
    };
  }
  const room = context * Math.min(concurrency, FULL_CONTEXTS);
  const engine = await open({ sequences: concurrency + 1, sharedRoom: room }, true);
  const scheduler = schedulerOfSequences(engine, { concurrency, room, divisible: copies === 'up to a position' });
  return {
    contextSize: context,
    concurrency,
    generate: (prompt, generation, signal) =>
      generateInBatch({ scheduler, contextSize: context, ...parts }, prompt, generation, signal),
    close: () => scheduler.close().then(engine.close),
  };
}

async function load({ model, context, resolved, adapters }: Opening): Promise<LoadedModel> {
  const { gpuLayers, batchSize, flashAttention, kvCacheType } = model;
  const library = await libraryOf(model, context);
  const { untimed = (work) => work() } = context;
  return loadModel(library, {
    file: resolved.files[0]!,
    threads: model.threads === undefined ? defaultThreads(resolved.bytes) : [model.threads],
    ...{ gpuLayers, batchSize, flashAttention, kvCacheType, adapters, untimed },
  }).catch((error: unknown) => refuse(resolved.path, error));
}

async function libraryOf(model: LlamaCppModel, { directory }: BackendContext): Promise<Library> {
  const { id, library, gpuLayers } = model;
  try {
    if (library !== undefined) return openLibrary(librariesIn(resolve(directory, library)));
    return openLibrary(await shippedLibraries(gpuLayers === 0 ? 'cpu' : 'gpu'));
  } catch (error) {
    const reason = describeError(error);
    throw new UserError(
      library === undefined
        ? `models.${id}: llama.cpp cannot be loaded on this system (${reason}); run the model on a server, or build llama.cpp and name its folder as \`library\``
        : `models.${id}: library: ${library} cannot be used: ${reason}`,
      { cause: error },
    );
  }
}

/** Finds the files and loads none of them. */
function requireLibrary({ id }: LlamaCppModel, library: string, { directory }: BackendContext): void {
  try {
    librariesIn(resolve(directory, library));
  } catch (error) {
    throw new UserError(`models.${id}: library: ${library} cannot be used: ${describeError(error)}`, { cause: error });
  }
}

function refuse(path: string, error: unknown): never {
  throw new UserError(
    `${path}: expected a model that llama.cpp loads with these settings, but it says "${describeError(error)}"; ` +
      'check the file, and lower `context` or `gpuLayers` where memory is short',
    { cause: error },
  );
}

interface Opened {
  readonly contextSize: number;
  readonly template: ChatTemplate;
}

async function factsOf(
  { model, context, header, shape, resolved, adapters }: Opening,
  loaded: LoadedModel,
  { contextSize, template }: Opened,
): Promise<SessionFacts> {
  const { threads } = loaded;
  // Answers side by side share room in ways of their own; what they reserve is measured, not computed.
  const footprint =
    (context.concurrency ?? 1) > 1 || shape === null
      ? null
      : footprintOf(shape, {
          context: contextSize,
          heldWeights: loaded.heldBytes,
          batch: model.batchSize,
          bytesOfValue: BYTES_PER_CACHED_VALUE[model.kvCacheType],
          flashAttention: model.flashAttention !== false,
        });
  return {
    engine: loaded.engine,
    device: loaded.device,
    threads: known(threads),
    weights: await describeWeights([...resolved.files, ...adapters.map(({ filePath }) => filePath)], context),
    ...(adapters.length > 0 && {
      adapterBytes: adapters.reduce((bytes, { filePath }) => bytes + statSync(filePath).size, 0),
    }),
    parameters: header.parameters,
    ...(header.shape && {
      architecture: { ...header.shape, bytesPerCachedValue: BYTES_PER_CACHED_VALUE[model.kvCacheType] },
    }),
    ...(footprint && { footprint }),
    ...(shape && { shape }),
    context: known(contextSize),
    chatTemplateHash: templateHash(template),
    ...(loaded.device === 'cpu' && readsInTiles(model) && { promptCliff: TILE_CLIFF }),
    cannot: {},
    network: 'none',
    warnings: [
      ...loaded.warnings,
      ...templateWarnings(template),
      ...(contextSize > loaded.trainedContext
        ? [`the context of ${contextSize} tokens is longer than the ${loaded.trainedContext} the model was trained on`]
        : []),
      ...threadWarnings(threads),
    ],
  };
}

/**
 * On a CPU, flash attention takes 64 tokens of a prompt at once as a tile, and fewer one by one (`GGML_FA_TILE_Q` and `use_tiled` in
 * ggml-cpu/ops.cpp). The times are those of bench/README.md.
 */
const TILE_CLIFF = {
  tokens: 64,
  what:
    'on a CPU, flash attention reads fewer than 64 tokens by slower code; ' +
    'on one thread a model of 2.7 M parameters read 63 tokens in 19.0 ms and 64 in 6.7 ms',
  remedy:
    'compare TTFT on one side of 64 tokens, or set `flashAttention: false`, with which the same prompts took 9.6 and 9.5 ms',
};

function readsInTiles({ flashAttention, kvCacheType, batchSize }: LlamaCppModel): boolean {
  return flashAttention !== false && (kvCacheType === 'f16' || kvCacheType === 'f32') && batchSize >= TILE_CLIFF.tokens;
}

/** Quantised caches hold blocks of 32 values with a scale of two bytes. */
const BYTES_PER_CACHED_VALUE = { f32: 4, f16: 2, q8_0: 34 / 32, q4_0: 18 / 32 } as const;

function templateOf(
  { chatTemplate, specialTokens }: GgufHeader,
  { model, resolved, context: { directory } }: Pick<Opening, 'model' | 'resolved' | 'context'>,
): ChatTemplate {
  const own = {
    place: `${resolved.path}: tokenizer.chat_template`,
    byName: chatTemplate === null ? {} : { default: chatTemplate },
  };
  return chooseTemplate(own, specialTokens, { ...model, directory });
}

function sourceOptions(source: string, { directory, environment, onProgress }: BackendContext): SourceOptions {
  const include = (files: readonly string[]) => ggufFiles(files, undefined, source);
  return { directory, environment, include, ...(onProgress && { onProgress }) };
}

interface ModelFiles extends Pick<Opening, 'shape'> {
  /** The header of the first file, with the parameters of all files. */
  readonly header: GgufHeader;
}

async function readModel({ path, files }: Resolved): Promise<ModelFiles> {
  const read = await Promise.all(files.map(readGguf));
  const header = read[0]?.header;
  if (header === undefined || header.type !== 'model' || !header.causal) {
    const found = header?.causal === false ? 'an encoder, which generates none' : `one of type ${header?.type}`;
    throw new UserError(`source: expected a GGUF model that generates text, found ${found}: ${path}`);
  }
  const parameters = read.reduce((total, file) => total + file.header.parameters, 0);
  return {
    header: { ...header, parameters },
    shape: shapeOfFiles(
      read.map(({ content }) => content),
      path,
    ),
  };
}

async function findAdapters({ lora }: LlamaCppModel, context: BackendContext): Promise<readonly Adapter[]> {
  return Promise.all(
    lora.map(async ({ file, scale }) => {
      const { files } = await resolveSource(file, sourceOptions(file, context));
      const filePath = files[0]!;
      const { type } = (await readGguf(filePath)).header;
      if (type === 'adapter') return { filePath, scale };
      throw new UserError(`lora: expected a GGUF file of type adapter, found ${type}: ${filePath}`);
    }),
  );
}

function requireSettings({ id, kvCacheType, flashAttention }: LlamaCppModel): void {
  if ((kvCacheType === 'q8_0' || kvCacheType === 'q4_0') && flashAttention === false) {
    throw new UserError(
      `models.${id}: kvCacheType: expected f16 or f32 without flash attention, found ${kvCacheType}; ` +
        'leave `flashAttention` out or set it to true, for llama.cpp needs it for a quantised cache',
    );
  }
}
