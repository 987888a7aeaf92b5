/** What llama.cpp reserves for a context, and what one token reads, from the headers of the files. */
import { cacheBytes } from '../../core/capacity/cache.js';
import { llamaCppMemory } from '../../core/capacity/engine-memory.js';
import { type GgufContent, shapeOfGguf } from '../../core/capacity/gguf.js';
import { type ModelShape, weightsRead } from '../../core/capacity/shape.js';
import { UserError } from '../../core/errors.js';
import type { SessionFacts } from '../../core/log/log.js';

export interface OpenedContext {
  readonly context: number;
  /**
   * Bytes of weights that the engine says it holds; 0 if it does not say. Some of them lie there in an order for the CPU. What it keeps in that order
   * alone at either end of the file is no longer mapped, so they are fewer than the file and the copies together.
   */
  readonly heldWeights: number;
  readonly batch: number;
  readonly bytesOfValue: number;
  readonly flashAttention: boolean;
}

/** @returns null for an architecture whose layers the headers do not tell. */
export function shapeOfFiles(contents: readonly GgufContent[], place: string): ModelShape | null {
  try {
    const metadata = contents[0]?.metadata ?? {};
    return shapeOfGguf({ metadata, tensors: contents.flatMap(({ tensors }) => tensors) }, place);
  } catch (error) {
    // The engine may open what we cannot read, so such a header is our limit, and the facts that follow from it are left out.
    if (error instanceof UserError) return null;
    throw error;
  }
}

export function footprintOf(shape: ModelShape, opened: OpenedContext): NonNullable<SessionFacts['footprint']> {
  const { heldWeights } = opened;
  const { weights, cache, compute, output } = llamaCppMemory(shape, { ...opened, slots: 1 });
  return {
    cache,
    buffers: compute + output + (heldWeights > 0 ? heldWeights - weights : 0),
    readPerToken: weightsRead(shape.weights, 1).bytes,
    cacheReadPerToken: cacheBytes(shape, opened.context, opened.bytesOfValue),
  };
}
