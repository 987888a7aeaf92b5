/** The engines that predictions are for, under the names of the command line. */
import type { Model } from '../definition/model.js';
import type { Device } from './device.js';
import type { StorageName } from './storage.js';

export interface Engine {
  /** The name in the fitted constants. Servers change within a year, so theirs has one. */
  readonly calibrated: string;
  /** How its users store weights if they do not say. */
  readonly storage: StorageName;
  /** Bytes beside weights, cache and buffers: the process, the driver's context, buffers that nobody states. */
  readonly reserve: number;
  readonly reserveSource: string;
}

const MB = 1e6;
const PROCESS = { reserve: 150 * MB, reserveSource: 'a process with an engine before it opens a model' };
const CONTEXT = { reserve: 500 * MB, reserveSource: 'the context of a GPU driver (0.3 to 0.5 GB)' };
const SERVER = { reserve: 3500 * MB, reserveSource: 'what AIConfigurator leaves for a server' };

const llamaCpp = (platform: string, reserved: Pick<Engine, 'reserve' | 'reserveSource'>): Engine => ({
  calibrated: `llama.cpp ${platform}`,
  storage: 'q4_k_m',
  ...reserved,
});
const server = (name: string): Engine => ({ calibrated: `${name} 2025`, storage: 'bf16', ...SERVER });

export const ENGINES = {
  'llama.cpp-cpu': llamaCpp('cpu', PROCESS),
  'llama.cpp-cuda': llamaCpp('cuda', CONTEXT),
  'llama.cpp-metal': llamaCpp('metal', PROCESS),
  'llama.cpp-rocm': llamaCpp('rocm', CONTEXT),
  'llama.cpp-vulkan': llamaCpp('vulkan', CONTEXT),
  vllm: server('vllm'),
  sglang: server('sglang'),
  trtllm: server('trtllm'),
  openvino: { calibrated: 'openvino', storage: 'int4', ...PROCESS },
  executorch: { calibrated: 'executorch cpu', storage: 'int4', ...PROCESS },
  qnn: { calibrated: 'qnn', storage: 'int4', ...PROCESS },
} as const satisfies Record<string, Engine>;

export type EngineName = keyof typeof ENGINES;

export const ENGINE_NAMES = Object.keys(ENGINES) as readonly EngineName[];

/** GPUs that are not NVIDIA's, by the beginning of their names. */
const OTHER_GPUS: readonly (readonly [RegExp, EngineName])[] = [
  [/^(rx-|mi\d)/, 'llama.cpp-rocm'],
  [/^(arc-|core-ultra|ryzen|strix|max-)/, 'llama.cpp-vulkan'],
  [/^snapdragon-x/, 'llama.cpp-cpu'],
];

/** The engine that people use on a device if they name none: llama.cpp on their own machines, vLLM in a data centre. */
export function usualEngine({ id = '', kind }: Pick<Device, 'id' | 'kind'>): EngineName {
  switch (kind) {
    case 'apple':
      return 'llama.cpp-metal';
    case 'datacentre-gpu':
      return 'vllm';
    case 'integrated':
    case 'consumer-gpu':
      return OTHER_GPUS.find(([pattern]) => pattern.test(id))?.[1] ?? 'llama.cpp-cuda';
    case 'phone':
    case 'board':
    case 'cpu':
    case undefined:
      return 'llama.cpp-cpu';
  }
}

/** How engines store a value of the KV cache. */
export const CACHE_TYPES = ['f32', 'f16', 'bf16', 'fp8', 'q8_0', 'q4_0'] as const;

export type CacheType = (typeof CACHE_TYPES)[number];

export function isLlamaCpp(engine: EngineName): boolean {
  return ENGINES[engine].calibrated.startsWith('llama.cpp');
}

/** How an engine stores the KV cache of a model if nobody says otherwise: as the entry of the model asks of llama.cpp, on other engines in 16 bits. */
export function usualCacheType(engine: EngineName, entry?: Model): CacheType {
  return entry?.backend === 'llama-cpp' && isLlamaCpp(engine) ? entry.kvCacheType : 'f16';
}
