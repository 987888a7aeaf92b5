/**
 * The rules by which engines choose what the next step computes. Sources: llama.cpp `tools/server/server-context.cpp` (`update_slots`), vLLM
 * `vllm/v1/core/sched/scheduler.py`, and for blocking prompts vLLM's scheduler of version 0 and Orca (Yu et al. 2022, OSDI).
 */
import type { Device } from '../device.js';
import type { EngineName } from '../engines.js';

export interface Scheduler {
  /** The requests that are answered at once (`-np`, `max_num_seqs`). */
  readonly slots: number;
  /** The most tokens of a step: one of each decoding sequence, and the rest of prompts (`n_batch`, `max_num_batched_tokens`). */
  readonly batchTokens: number;
  /**
   * `mixed`: prompts are read in pieces beside the decoding sequences, which wait for the step as a whole. `blocking`: a step reads whole prompts,
   * and decoding sequences get no token meanwhile.
   */
  readonly prompts: 'mixed' | 'blocking';
  readonly cache: CacheRule;
}

export type CacheRule =
  /** Each slot has a part of the context of its own, and an answer that fills it is cut (llama-server). */
  | { readonly kind: 'divided'; readonly tokensOfSlot: number }
  /**
   * All requests share the cache. When it is full, the youngest request gives its part back, waits, and is read again (`preempt`); or none
   * starts that could fill it (`reserve`); or all that are under way fail (`fail`: llama-server with `--kv-unified`).
   */
  | { readonly kind: 'shared'; readonly tokens: number; readonly whenFull: 'preempt' | 'reserve' | 'fail' };

/** The logical batch of llama-server (`n_batch`). */
const LLAMA_CPP_BATCH = 2048;

/** What a server takes if nobody says otherwise. */
interface ServerDefaults {
  readonly slots: number;
  readonly batchTokens: number;
}

const GIB = 2 ** 30;

/** vLLM's `get_batch_defaults` (`vllm/engine/arg_utils.py`, read 2026-11-29), which makes an exception of the A100. */
function vllmDefaults({ memory, name }: ServedDevice): ServerDefaults {
  const large = memory >= 70 * GIB && !/a100/i.test(name);
  return large ? { slots: 1024, batchTokens: 8192 } : { slots: 256, batchTokens: 2048 };
}

/**
 * SGLang's `chunked_prefill_size` by the memory of the device (`sglang/srt/server_args.py`), and the least of its pool of requests
 * (`model_runner.py`: 2,048 to 4,096). Read 2026-11-29.
 */
function sglangDefaults({ memory }: ServedDevice): ServerDefaults {
  const slots = 2048;
  if (memory < 35 * GIB) return { slots, batchTokens: 2048 };
  if (memory < 60 * GIB) return { slots, batchTokens: 4096 };
  if (memory < 160 * GIB) return { slots, batchTokens: 8192 };
  return { slots, batchTokens: 16_384 };
}

/** Documents of TensorRT-LLM give 8 to 2,048 requests and 2,048 to 8,192 tokens, by version and program. These are those of one of them. */
const TRTLLM_DEFAULTS: ServerDefaults = { slots: 256, batchTokens: 8192 };

type ServedDevice = Pick<Device, 'memory' | 'name'>;

export interface SchedulerOptions {
  readonly slots: number;
  /** Tokens of context of one request, which llama-server gives to each slot. */
  readonly context: number;
  /** Tokens whose cache the device can hold beside the weights. */
  readonly room: number;
}

/** The scheduler of an engine on a device. Of OpenVINO, ExecuTorch and QNN the usual programs answer one request after the other. */
export function schedulerOf(
  engine: EngineName,
  device: ServedDevice,
  { slots, context, room }: SchedulerOptions,
): Scheduler {
  const paged = ({ batchTokens }: ServerDefaults, whenFull: 'preempt' | 'reserve'): Scheduler => ({
    slots,
    batchTokens,
    prompts: 'mixed',
    cache: { kind: 'shared', tokens: room, whenFull },
  });
  switch (engine) {
    case 'vllm':
      return paged(vllmDefaults(device), 'preempt');
    case 'sglang':
      return paged(sglangDefaults(device), 'preempt');
    case 'trtllm':
      return paged(TRTLLM_DEFAULTS, 'reserve');
    case 'llama.cpp-cpu':
    case 'llama.cpp-cuda':
    case 'llama.cpp-metal':
    case 'llama.cpp-rocm':
    case 'llama.cpp-vulkan':
    case 'openvino':
    case 'executorch':
    case 'qnn':
      return llamaServer({ slots, context });
  }
}

/** llama-server with a context of its own for each slot (`-np N` without `--kv-unified`). */
export function llamaServer({ slots, context }: Pick<SchedulerOptions, 'slots' | 'context'>): Scheduler {
  return { slots, batchTokens: LLAMA_CPP_BATCH, prompts: 'mixed', cache: { kind: 'divided', tokensOfSlot: context } };
}

/** The slots that are tried for llama-server (`-np`). */
const LLAMA_CPP_SLOTS = [1, 2, 4, 8, 16, 32, 64] as const;

/** Numbers of slots that a user would choose among, ascending. */
export function slotsToTry(engine: EngineName, device: ServedDevice): readonly number[] {
  switch (engine) {
    case 'vllm':
      return [vllmDefaults(device).slots];
    case 'sglang':
      return [sglangDefaults(device).slots];
    case 'trtllm':
      return [TRTLLM_DEFAULTS.slots];
    case 'llama.cpp-cpu':
    case 'llama.cpp-cuda':
    case 'llama.cpp-metal':
    case 'llama.cpp-rocm':
    case 'llama.cpp-vulkan':
      return LLAMA_CPP_SLOTS;
    case 'openvino':
    case 'executorch':
    case 'qnn':
      return [1];
  }
}
