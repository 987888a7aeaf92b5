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

/** What an engine computes on. `phone`: an Android phone whose chip nobody names. */
type Platform = 'nvidia' | 'amd' | 'intel' | 'gaudi' | 'apple' | 'qualcomm' | 'iphone' | 'phone' | 'cpu';

const GPUS: readonly Platform[] = ['nvidia', 'amd', 'intel'];

/**
 * What each engine is made for, by its own list of supported hardware. MoltenVK brings llama.cpp's Vulkan to Apple; vLLM lists the GPUs of three
 * makers, Gaudi, and CPUs with those of Apple; SGLang's CPUs are servers with AMX, which the catalogue does not have.
 */
const RUNS_ON: Readonly<Record<EngineName, readonly Platform[]>> = {
  'llama.cpp-cpu': ['cpu', 'apple', 'qualcomm', 'iphone', 'phone'],
  'llama.cpp-cuda': ['nvidia'],
  'llama.cpp-metal': ['apple', 'iphone'],
  'llama.cpp-rocm': ['amd'],
  'llama.cpp-vulkan': [...GPUS, 'apple', 'qualcomm', 'phone'],
  vllm: [...GPUS, 'gaudi', 'cpu', 'apple'],
  sglang: GPUS,
  trtllm: ['nvidia'],
  openvino: ['intel', 'cpu', 'apple'],
  executorch: ['cpu', 'apple', 'qualcomm', 'iphone', 'phone'],
  qnn: ['qualcomm', 'phone'],
};

/** Makers by the beginning of a device's name. */
const MAKERS: readonly (readonly [RegExp, Platform])[] = [
  [/^(rtx-|gtx-|jetson-|dgx-|[abhlptv]\d+[gs]?(-|$)|g[bh]\d+$)/, 'nvidia'],
  [/^(rx-|mi\d|ryzen|strix)/, 'amd'],
  [/^(arc-|core-ultra|max-)/, 'intel'],
  [/^gaudi/, 'gaudi'],
  [/^(snapdragon|sa8)/, 'qualcomm'],
  [/^iphone/, 'iphone'],
];

/** The maker of all devices that an engine is made for, by its name in the fitted constants; null where there are several. */
export function onlyMakerOf(calibrated: string): string | null {
  const name = ENGINE_NAMES.find((known) => ENGINES[known].calibrated === calibrated);
  const [only, ...others] = name === undefined ? [] : RUNS_ON[name];
  return only !== undefined && others.length === 0 ? only : null;
}

type Placed = Pick<Device, 'id' | 'kind' | 'group'>;

export function makerOf({ id: own, group }: Pick<Placed, 'id' | 'group'>): Platform | null {
  const { id = '' } = group?.device ?? { id: own };
  return MAKERS.find(([pattern]) => pattern.test(id))?.[1] ?? null;
}

/** What a device may be. A GPU whose maker nobody names may be of any; one that shares the memory of a CPU is that too. */
function platformsOf(device: Placed): readonly Platform[] | null {
  const maker = makerOf(device);
  switch (device.kind) {
    case 'apple':
      return ['apple'];
    case 'datacentre-gpu':
    case 'consumer-gpu':
      return maker === null ? [...GPUS, 'gaudi'] : [maker];
    case 'integrated':
      return [...(maker === null ? GPUS : [maker]), 'cpu'];
    case 'phone':
      return [maker ?? 'phone'];
    case 'board':
    case 'cpu':
      return ['cpu'];
    case undefined:
      return null;
  }
}

/** @returns True where nobody knows the kind of the device. */
export function runsOn(engine: EngineName, device: Placed): boolean {
  return platformsOf(device)?.some((platform) => RUNS_ON[engine].includes(platform)) ?? true;
}

/**
 * The engine that people use on a device if they name none: vLLM on GPUs with HBM (A100, H100, MI300X, Gaudi), llama.cpp elsewhere. Cards of data centres
 * with graphics memory (T4, A10G, L4, L40S) are of the kind of consumers' cards, whose constants they have.
 */
export function usualEngine(device: Placed): EngineName {
  switch (device.kind) {
    case 'apple':
      return 'llama.cpp-metal';
    case 'datacentre-gpu':
      return 'vllm';
    case 'integrated':
    case 'consumer-gpu':
      return usualOfGpu(device);
    case 'phone':
    case 'board':
    case 'cpu':
    case undefined:
      return 'llama.cpp-cpu';
  }
}

function usualOfGpu(device: Placed): EngineName {
  switch (makerOf(device)) {
    case 'amd':
      return device.kind === 'integrated' ? 'llama.cpp-vulkan' : 'llama.cpp-rocm';
    case 'intel':
      return 'llama.cpp-vulkan';
    case 'qualcomm':
      return 'llama.cpp-cpu';
    default:
      return 'llama.cpp-cuda';
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
