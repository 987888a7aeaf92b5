/**
 * ONNX Runtime with a decoding loop of our own, over decoders exported with a cache, in the Hugging Face layout or that of
 * ONNX Runtime GenAI. The runtime computes one step; what to feed it, which token to take and when to stop is decided
 * here, so that the engine is measured and not a generation library. See docs/backends.md.
 */
import { env, InferenceSession, listSupportedBackends } from 'onnxruntime-node';
import type { ModelOf } from '../core/definition/model.js';
import { describeError, UserError } from '../core/errors.js';
import { known, missing } from '../core/quantity.js';
import { describeSource, resolveSource } from '../hub/hub.js';
import type { SourceOptions } from '../hub/source.js';
import type { Backend, BackendContext, Readiness } from './backend.js';
import { templateHash, templateWarnings } from './chat-template.js';
import { physicalCores, threadWarnings } from './cores.js';
import { smallest, withEndToken } from './huggingface/config.js';
import { readTextModel } from './huggingface/text-model.js';
import { copiesOfCache, Decoder } from './onnxruntime/decoder.js';
import { type GraphSession, openDirect } from './onnxruntime/direct.js';
import { type ModelFolder, neededFiles, readModelFolder } from './onnxruntime/folder.js';
import { describeGraph, whyAlone } from './onnxruntime/graph.js';
import { createSession } from './onnxruntime/onnx-session.js';
import { knownShapeOfFolder } from './onnxruntime/shape.js';
import { describeWeights } from './weights.js';

type OnnxModel = ModelOf<'onnxruntime'>;

export const onnxruntime: Backend<OnnxModel> = {
  summary: 'ONNX decoders through onnxruntime-node, with a decoding loop of our own',
  cannot: {},

  async check(model, context): Promise<Readiness> {
    try {
      requireDevice(model);
      const status = await describeSource(model.source, sourceOptions(model, context));
      if (status.ready !== true) return status;
      const folder = readModelFolder(status.resolved.path, model.file);
      describeGraph(folder);
      readTextModel(folder.directory, { ...model, directory: context.directory });
      return { ready: true };
    } catch (error) {
      return { ready: false, reason: describeError(error) };
    }
  },

  async open(model, context, signal) {
    signal.throwIfAborted();
    requireDevice(model);
    const { path } = await resolveSource(model.source, { ...sourceOptions(model, context), signal });
    const folder = readModelFolder(path, model.file);
    const graph = describeGraph(folder);
    const text = readTextModel(folder.directory, { ...model, directory: context.directory });
    const threads = model.threads ?? physicalCores();
    const session = await load(folder, model.device, threads);
    try {
      signal.throwIfAborted();
      const window = smallest(model.context, folder.context);
      const { source } = text.template;
      const weights = await describeWeights(folder.weights, context);
      const shape = knownShapeOfFolder(folder);
      const alone = (context.concurrency ?? 1) > 1 ? whyAlone(graph) : null;
      return createSession({
        decoder: new Decoder(session, graph, { context: window, bytesOfWeights: weights.bytes }),
        text,
        endTokens: withEndToken(folder.endTokens, text.endToken),
        context: window,
        concurrency: alone === null ? (context.concurrency ?? 1) : 1,
        release: () => session.release(),
        facts: {
          engine: `onnxruntime-node ${env.versions.node}`,
          device: model.device,
          threads: known(threads),
          weights,
          architecture: {
            layers: graph.layers,
            kvHeads: graph.cache.kvHeads,
            headSize: graph.cache.headSize,
            vocabulary: graph.logits.vocabulary,
            bytesPerCachedValue: graph.cache.type === 'float16' ? 2 : 4,
            cacheCopies: copiesOfCache(graph),
          },
          ...(shape && { shape }),
          context: Number.isFinite(window) ? known(window) : missing('the model does not say how long its context is'),
          chatTemplateHash: templateHash(text.template),
          cannot: {
            ...(alone !== null && { concurrency: alone }),
            ...(source === null && { chatTemplate: 'the model has no chat template' }),
          },
          network: 'none',
          warnings: [
            ...threadWarnings(threads),
            ...templateWarnings(text.template),
            ...(alone === null ? [] : [`answers are computed one at a time: ${alone}`]),
          ],
        },
      });
    } catch (error) {
      await session.release();
      throw error;
    }
  },
};

async function load({ weights: [graph] }: ModelFolder, device: OnnxModel['device'], threads: number) {
  try {
    return await (device === 'cpu' ? openDirect(graph, threads) : openOnDevice(graph, device, threads));
  } catch (error) {
    throw new UserError(
      `${graph}: expected an ONNX model that onnxruntime can load on ${device}, but ${describeError(error)}; ` +
        'fetch or export it again, or choose another device',
      { cause: error },
    );
  }
}

/** Through the Node binding, which knows how to reach the device. */
async function openOnDevice(graph: string, device: string, threads: number): Promise<GraphSession> {
  const session = await InferenceSession.create(graph, {
    executionProviders: [device, 'cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  });
  return { run: (feeds, fetches) => session.run(feeds, fetches), release: () => session.release() };
}

function requireDevice({ device }: OnnxModel): void {
  const available = listSupportedBackends().map(({ name }) => name);
  if (available.includes(device)) return;
  throw new UserError(
    `device: expected one that onnxruntime-node has on this machine (${available.join(', ')}), found "${device}"`,
  );
}

function sourceOptions(model: OnnxModel, context: BackendContext): SourceOptions {
  return { ...context, include: (files) => neededFiles(files, model.file) };
}
