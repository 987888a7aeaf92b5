/**
 * llama.cpp through node-llama-cpp: on a GPU, which it finds and divides layers over, and wherever the library cannot be
 * called directly. Generating drives its addon past its own queue, which would add a lock, a batch planner and
 * `setImmediate` to every token; those parts are internal, hence the exact version and the check.
 */
import { getLlama, getModuleVersion, type LlamaContext, type LlamaModel } from 'node-llama-cpp';
import type { Engine, LoadedModel, LoadOptions, Sampler, Sampling, Span, Tokenizer } from './engine.js';

export async function loadThroughAddon(options: LoadOptions, signal: AbortSignal): Promise<LoadedModel> {
  const complaints: string[] = [];
  const llama = await getLlama({
    build: 'never',
    skipDownload: true,
    gpu: options.gpuLayers === 0 ? false : 'auto',
    maxThreads: 0,
    progressLogs: false,
    logger: (level, message) => {
      if (level === 'error' || level === 'fatal') complaints.push(message.trim());
    },
  });
  try {
    const { file, gpuLayers, threads, batchSize, flashAttention } = options;
    const model = await llama.loadModel({ modelPath: file, gpuLayers, loadSignal: signal });
    const cacheType = options.kvCacheType.toUpperCase() as 'F16';
    const names = llama.gpu === false ? [] : await llama.getGpuDeviceNames();
    const contexts: LlamaContext[] = [];
    return {
      tokenizer: tokenizerOf(model),
      engine: `node-llama-cpp ${await getModuleVersion()} (llama.cpp ${llama.llamaCppRelease.release})`,
      device: llama.gpu === false ? 'cpu' : `${llama.gpu} (${names.join(', ')})`,
      trainedContext: model.trainContextSize,
      warnings:
        llama.gpu === false && gpuLayers !== 0
          ? [`gpuLayers is ${gpuLayers}, but llama.cpp found no GPU here: the model runs on the CPU`]
          : [],
      batching: { cannot: 'through node-llama-cpp, answers are computed one at a time' },
      openContext: async ({ sequences, contextSize, fullWindow }) => {
        const context = await model.createContext({
          sequences,
          contextSize,
          swaFullCache: fullWindow,
          batchSize,
          threads,
          flashAttention,
          experimentalKvCacheKeyType: cacheType,
          experimentalKvCacheValueType: cacheType,
          failedCreationRemedy: false,
          ...(options.adapters.length > 0 && { lora: { adapters: [...options.adapters] } }),
        });
        contexts.push(context);
        return createEngine(context, model);
      },
      async close() {
        // In this order, and by hand: what only the native side still holds is garbage to node-llama-cpp, which then
        // waits for ever to be told that it may go.
        for (const context of contexts) await context.dispose();
        await model.dispose();
        await llama.dispose();
      },
    };
  } catch (error) {
    await llama.dispose();
    throw complaints[0] === undefined ? error : new Error(complaints[0], { cause: error });
  }
}

interface NativeContext {
  initBatch(tokens: number): void;
  /** Returns the place of the logits of each token whose index is in `wanted`. */
  addToBatch(sequence: number, position: number, tokens: Uint32Array, wanted: Uint32Array): Uint32Array;
  decodeBatch(): Promise<void>;
  sampleToken(logits: number, sampler: NativeSampler, ...report: SampleReport): Promise<SampleResult>;
  disposeSequence(sequence: number): void;
  removeTokenCellsFromSequence(sequence: number, from: number, to: number): boolean;
  copySequenceStateFromOtherSequence(target: number, source: number): Promise<number>;
}

/**
 * Probabilities and confidence sort the whole vocabulary, so they are never asked for. Logits are reported of the tokens
 * listed and of the one selected; `weight` adds the sum of exp(logit - highest logit).
 */
type SampleReport = [
  probabilities: false,
  confidence: false,
  logits: false | [tokens: number[], max: false, min: false, selected: true, top: 0],
  weight: boolean,
];

/** Logits alternate token and logit. */
type SampleResult = [token: number, unknown, unknown, logits: number[] | undefined, weight: number];

interface NativeSampler {
  applyConfig(config: { temperature: number; topP?: number; seed: number }): void;
  dispose(): void;
}

interface NativeModel {
  tokenize(text: string, specialTokens: boolean): Uint32Array;
  detokenize(tokens: Uint32Array, specialTokens: boolean): string;
  isEogToken(token: number): boolean;
  shouldPrependBosToken(): boolean;
}

function nativeOf(model: LlamaModel) {
  const { _model, _llama } = model as unknown as {
    _model?: NativeModel;
    _llama?: { _bindings: { AddonSampler: new (model: NativeModel) => NativeSampler } };
  };
  if (_model === undefined || _llama === undefined) {
    throw new Error('expected node-llama-cpp 3.22, found a version with other internals');
  }
  return { model: _model, createSampler: () => new _llama._bindings.AddonSampler(_model) };
}

function tokenizerOf(loaded: LlamaModel): Tokenizer {
  const { model } = nativeOf(loaded);
  return {
    bos: loaded.tokens.bos,
    eos: loaded.tokens.eos,
    addBos: model.shouldPrependBosToken(),
    tokenize: (text) => [...model.tokenize(text, true)],
    detokenize: (tokens) => model.detokenize(Uint32Array.from(tokens), false),
    isEndOfGeneration: (token) => model.isEogToken(token),
  };
}

function createEngine(owner: LlamaContext, model: LlamaModel): Engine {
  const { _ctx: context } = owner as unknown as { _ctx: NativeContext };
  const { createSampler } = nativeOf(model);
  const greedy = createSampler();
  greedy.applyConfig({ temperature: 0, seed: 0 });
  let inFlight: Promise<unknown> = Promise.resolve();

  async function score(logits: number, token: number) {
    const report = await context.sampleToken(logits, greedy, false, false, [[token], false, false, true, 0], true);
    const [likeliest, , , pairs = [], weight] = report;
    const logitOf = (wanted: number) => {
      for (let at = 0; at < pairs.length; at += 2) if (pairs[at] === wanted) return pairs[at + 1]!;
      throw new Error(`the engine gave no logit of token ${wanted}`);
    };
    return { logprob: logitOf(token) - logitOf(likeliest) - Math.log(weight), greedy: likeliest === token };
  }

  return {
    contextSize: owner.contextSize,
    batchSize: owner.batchSize,
    score,
    async decode(spans) {
      context.initBatch(spans.reduce((total, { tokens }) => total + tokens.length, 0));
      const places = spans.map((span) => {
        const { sequence, position, tokens } = span;
        return [...context.addToBatch(sequence, position, Uint32Array.from(tokens), Uint32Array.from(wantedOf(span)))];
      });
      const decoded = context.decodeBatch();
      inFlight = decoded.catch(() => {});
      await decoded;
      return places;
    },
    sampler(sampling): Sampler {
      const sampler = createSampler();
      sampler.applyConfig(configOf(sampling));
      return {
        async sample(logits) {
          const [token, , , , weight] = await context.sampleToken(logits, sampler, false, false, false, true);
          if (token < 0) throw new Error('llama.cpp gave logits that are not numbers; the weights are damaged');
          // A greedy token has the highest logit, so its probability is 1 in the weight of all. Sampling at a temperature
          // has changed the logits, and the model's own probability is read anew.
          const logprob = sampling.temperature === 0 ? -Math.log(weight) : (await score(logits, token)).logprob;
          return { token, logprob };
        },
        close: () => sampler.dispose(),
      };
    },
    async copy(from, to) {
      context.disposeSequence(to);
      await context.copySequenceStateFromOtherSequence(to, from);
    },
    forget(sequence, from) {
      if (from > 0) return context.removeTokenCellsFromSequence(sequence, from, -1);
      context.disposeSequence(sequence);
      return true;
    },
    idle: async () => void (await inFlight),
    async close() {
      await inFlight;
      greedy.dispose();
      await owner.dispose();
    },
  };
}

/** llama.cpp draws the seed 2^32 - 1 from the clock. */
function configOf({ temperature, topP, seed }: Sampling): Parameters<NativeSampler['applyConfig']>[0] {
  return { temperature, seed: seed % 0xffffffff, ...(topP < 1 && temperature > 0 && { topP }) };
}

function wantedOf({ tokens, logits }: Span): number[] {
  switch (logits) {
    case 'none':
      return [];
    case 'last':
      return [tokens.length - 1];
    case 'all':
      return tokens.map((_, index) => index);
  }
}
