/** Every backend by name, each loaded only when a model uses it: an engine is tens of megabytes of native code. */
import type { BackendName, Model, ModelOf } from '../core/definition/model.js';
import type { Backend } from './backend.js';

export const BACKENDS = {
  'llama-cpp': async () => (await import('./llama-cpp.js')).llamaCpp,
  onnxruntime: async () => (await import('./onnxruntime.js')).onnxruntime,
  transformers: async () => (await import('./transformers.js')).transformers,
  openai: async () => (await import('./openai.js')).openai,
  scripted: async () => (await import('./scripted.js')).scripted,
} as const satisfies { [Name in BackendName]: () => Promise<Backend<ModelOf<Name>>> };

/** The backend of a model, ready for that model. */
export async function backendOf(model: Model): Promise<Backend> {
  return (await BACKENDS[model.backend]()) as unknown as Backend;
}
