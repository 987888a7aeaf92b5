/**
 * The rules by which engines choose what the next step computes. Sources: llama.cpp `tools/server/server-context.cpp` (`update_slots`), vLLM
 * `vllm/v1/core/sched/scheduler.py`, and for blocking prompts vLLM's scheduler of version 0 and Orca (Yu et al. 2022, OSDI).
 */
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

/** The logical batch of llama-server (`n_batch`), and the usual tokens of a step of vLLM's and SGLang's chunked prefill. */
const LLAMA_CPP_BATCH = 2048;
const SERVER_BATCH = 8192;
export interface SchedulerOptions {
  readonly slots: number;
  /** Tokens of context of one request, which llama-server gives to each slot. */
  readonly context: number;
  /** Tokens whose cache the device can hold beside the weights. */
  readonly room: number;
}

/** The scheduler of an engine. Of OpenVINO, ExecuTorch and QNN the usual programs answer one request after the other. */
export function schedulerOf(engine: EngineName, { slots, context, room }: SchedulerOptions): Scheduler {
  switch (engine) {
    case 'vllm':
    case 'sglang':
      return paged({ slots, room, whenFull: 'preempt' });
    case 'trtllm':
      return paged({ slots, room, whenFull: 'reserve' });
    case 'llama.cpp-cpu':
    case 'llama.cpp-cuda':
    case 'llama.cpp-metal':
    case 'llama.cpp-rocm':
    case 'llama.cpp-vulkan':
    case 'openvino':
    case 'executorch':
    case 'qnn':
      return divided(slots, context);
  }
}

/** The requests that vLLM answers at once on a data-centre GPU if nobody says otherwise (`max_num_seqs`). */
const SERVER_SLOTS = 256;

/** The slots that are tried for llama-server (`-np`). */
const LLAMA_CPP_SLOTS = [1, 2, 4, 8, 16, 32, 64] as const;

/** Numbers of slots that a user would choose among, ascending. */
export function slotsToTry(engine: EngineName): readonly number[] {
  switch (engine) {
    case 'vllm':
    case 'sglang':
    case 'trtllm':
      return [SERVER_SLOTS];
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

function paged({
  slots,
  room,
  whenFull,
}: {
  readonly slots: number;
  readonly room: number;
  readonly whenFull: 'preempt' | 'reserve';
}): Scheduler {
  return { slots, batchTokens: SERVER_BATCH, prompts: 'mixed', cache: { kind: 'shared', tokens: room, whenFull } };
}

function divided(slots: number, tokensOfSlot: number): Scheduler {
  return { slots, batchTokens: LLAMA_CPP_BATCH, prompts: 'mixed', cache: { kind: 'divided', tokensOfSlot } };
}
