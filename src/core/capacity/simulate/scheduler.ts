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
/** The usual `max_num_seqs` of vLLM on a data-centre GPU since 2025. */
export const SERVER_SLOTS = 256;

export interface SchedulerOptions {
  /** The slots that the user asks for; the engine's own number without them. */
  readonly slots?: number | undefined;
  /** Tokens of context of one request, which llama-server gives to each slot. */
  readonly context: number;
  /** Tokens whose cache the device can hold beside the weights. */
  readonly room: number;
}

/** How an engine is set up if nobody says otherwise. */
export function schedulerOf(engine: EngineName, { slots, context, room }: SchedulerOptions): Scheduler {
  switch (engine) {
    case 'vllm':
    case 'sglang':
      return paged({ slots: slots ?? SERVER_SLOTS, room, whenFull: 'preempt' });
    case 'trtllm':
      return paged({ slots: slots ?? SERVER_SLOTS, room, whenFull: 'reserve' });
    case 'llama.cpp-cpu':
    case 'llama.cpp-cuda':
    case 'llama.cpp-metal':
    case 'llama.cpp-rocm':
    case 'llama.cpp-vulkan':
      return divided(slots ?? LLAMA_CPP_SLOTS, context);
    case 'openvino':
    case 'executorch':
    case 'qnn':
      return divided(slots ?? 1, context);
  }
}

/** The slots of llama-server if nobody says otherwise (`-np -1`, build 11669). */
export const LLAMA_CPP_SLOTS = 4;

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
