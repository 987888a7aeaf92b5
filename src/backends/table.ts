/** Every backend by name, each loaded only when a model uses it: an engine is tens of megabytes of native code. */
import type { BackendName, Model, ModelOf } from '../core/definition/model.js';
import type { Backend } from './backend.js';

interface BackendEntry<M extends Model> {
  /** The package of its engine, whose version a run records; null if the engine is not in a package. */
  readonly engine: string | null;
  load(): Promise<Backend<M>>;
}

export const BACKENDS = {
  'llama-cpp': { engine: 'node-llama-cpp', load: async () => (await import('./llama-cpp.js')).llamaCpp },
  onnxruntime: { engine: 'onnxruntime-node', load: async () => (await import('./onnxruntime.js')).onnxruntime },
  transformers: {
    engine: '@huggingface/transformers',
    load: async () => (await import('./transformers.js')).transformers,
  },
  openai: { engine: null, load: async () => (await import('./openai.js')).openai },
  scripted: { engine: null, load: async () => (await import('./scripted.js')).scripted },
} as const satisfies { [Name in BackendName]: BackendEntry<ModelOf<Name>> };

/** The packages of all engines. */
export const ENGINES: readonly string[] = Object.values(BACKENDS).flatMap(({ engine }) => engine ?? []);

/** The backend of a model, ready for that model. */
export async function backendOf(model: Model): Promise<Backend> {
  return (await BACKENDS[model.backend].load()) as unknown as Backend;
}
