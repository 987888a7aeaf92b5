/**
 * Transformers.js with the library's own generation: what an application gets that calls `model.generate`. It runs on the
 * same onnxruntime-node as the `onnxruntime` backend, so the difference in speed between the two is the library's.
 */
import { AutoModelForCausalLM, env, LogLevel, type PreTrainedModel } from '@huggingface/transformers';
import type { ModelOf } from '../core/definition/model.js';
import { describeError, UserError } from '../core/errors.js';
import type { SessionFacts } from '../core/log/log.js';
import { known, missing } from '../core/quantity.js';
import { describeSource, resolveSource } from '../hub/hub.js';
import type { SourceOptions } from '../hub/source.js';
import type { Backend, BackendContext, Readiness } from './backend.js';
import { templateHash, templateWarnings } from './chat-template.js';
import { physicalCores, threadWarnings } from './cores.js';
import { type ModelSizes, readModelConfig, smallest, withEndToken } from './huggingface/config.js';
import { readTextModel } from './huggingface/text-model.js';
import { neededFiles, readHuggingFaceFolder } from './onnxruntime/folder.js';
import { knownShapeOfFolder } from './onnxruntime/shape.js';
import { createSession } from './transformers/transformers-session.js';
import { describeWeights } from './weights.js';

type TransformersModel = ModelOf<'transformers'>;

const ONE_AT_A_TIME = 'transformers.js generates one answer at a time, and hands its tokens to one caller';

export const transformers: Backend<TransformersModel> = {
  summary: "ONNX decoders through transformers.js and that library's own generation",
  cannot: { concurrency: ONE_AT_A_TIME },

  async check(model, context): Promise<Readiness> {
    try {
      const status = await describeSource(model.source, sourceOptions(model, context));
      if (status.ready !== true) return status;
      readHuggingFaceFolder(status.resolved.path, graphOf(model));
      readTextModel(status.resolved.path, { ...model, directory: context.directory });
      return { ready: true };
    } catch (error) {
      return { ready: false, reason: describeError(error) };
    }
  },

  async open(model, context, signal) {
    signal.throwIfAborted();
    const { path } = await resolveSource(model.source, { ...sourceOptions(model, context), signal });
    const folder = readHuggingFaceFolder(path, graphOf(model));
    const shape = knownShapeOfFolder(folder);
    const config = readModelConfig(path);
    const text = readTextModel(path, { ...model, directory: context.directory });
    const threads = model.threads ?? physicalCores();
    const loaded = await load(path, model, threads);
    const window = smallest(model.context, config.context);
    const { source } = text.template;
    const architecture = architectureOf(loaded, config.sizes);
    return createSession({
      model: loaded,
      text,
      endTokens: withEndToken(config.endTokens, text.endToken),
      context: window,
      facts: {
        engine: `transformers.js ${env.version} on onnxruntime-node ${env.backends.onnx.versions?.node}`,
        device: model.device,
        threads: known(threads),
        weights: await describeWeights(folder.weights, context),
        ...(architecture && { architecture }),
        ...(shape && { shape }),
        context: Number.isFinite(window) ? known(window) : missing('the model does not say how long its context is'),
        chatTemplateHash: templateHash(text.template),
        cannot: {
          concurrency: ONE_AT_A_TIME,
          ...(source === null && { chatTemplate: 'the model has no chat template' }),
        },
        network: 'none',
        warnings: [...templateWarnings(text.template), ...threadWarnings(threads)],
      },
    });
  },
};

/** What the library adds to `model` in the name of a graph. */
const SUFFIXES: Readonly<Record<TransformersModel['dtype'], string>> = {
  fp32: '',
  fp16: '_fp16',
  q8: '_quantized',
  int8: '_int8',
  uint8: '_uint8',
  q4: '_q4',
  q4f16: '_q4f16',
  bnb4: '_bnb4',
};

function graphOf({ dtype }: TransformersModel): string {
  return `onnx/model${SUFFIXES[dtype]}.onnx`;
}

function sourceOptions(model: TransformersModel, context: BackendContext): SourceOptions {
  return { ...context, include: (files) => neededFiles(files, graphOf(model)) };
}

async function load(directory: string, { dtype, device }: TransformersModel, threads: number) {
  // Everything the library reads was put in place before; it shall fetch nothing, and keep no copies of its own.
  env.allowRemoteModels = false;
  env.useFSCache = false;
  env.logLevel = LogLevel.ERROR;
  try {
    return await AutoModelForCausalLM.from_pretrained(directory, {
      dtype,
      device,
      local_files_only: true,
      session_options: { intraOpNumThreads: threads, interOpNumThreads: 1 },
    });
  } catch (error) {
    throw new UserError(
      `${directory}: expected a model that transformers.js can load as ${dtype} on ${device}, ` +
        `but ${describeError(error)}; choose another dtype or device, or export the model again`,
      { cause: error },
    );
  }
}

function architectureOf(model: PreTrainedModel, sizes: ModelSizes): SessionFacts['architecture'] {
  const { layers, kvHeads, headSize, vocabulary } = sizes;
  if (layers === null || kvHeads === null || headSize === null || vocabulary === null) return undefined;
  const metadata: readonly { name: string; type?: string }[] = model.sessions.model?.inputMetadata ?? [];
  const half = metadata.some(({ name, type }) => name.startsWith('past_key_values') && type === 'float16');
  return { layers, kvHeads, headSize, vocabulary, bytesPerCachedValue: half ? 2 : 4 };
}
