/** What llama.cpp reserves for a context, and what one token reads, from the headers of the files. */
import { cacheBytes } from '../../core/capacity/cache.js';
import { llamaCppMemory } from '../../core/capacity/engine-memory.js';
import { shapeOfGguf } from '../../core/capacity/gguf.js';
import { weightsRead } from '../../core/capacity/shape.js';
import { UserError } from '../../core/errors.js';
import type { SessionFacts } from '../../core/log/log.js';
import { readGgufContent } from './gguf.js';

export interface OpenedContext {
  readonly context: number;
  readonly batch: number;
  readonly bytesOfValue: number;
  readonly flashAttention: boolean;
}

/** @returns null for an architecture whose layers the header does not tell. */
export async function footprintOf(
  files: readonly string[],
  opened: OpenedContext,
): Promise<NonNullable<SessionFacts['footprint']> | null> {
  try {
    const contents = await Promise.all(files.map(readGgufContent));
    const metadata = contents[0]?.metadata ?? {};
    const shape = shapeOfGguf({ metadata, tensors: contents.flatMap(({ tensors }) => tensors) }, files[0] ?? '');
    const { cache, compute, output } = llamaCppMemory(shape, { ...opened, slots: 1 });
    return {
      cache,
      buffers: compute + output,
      readPerToken: weightsRead(shape.weights, 1).bytes,
      cacheReadPerToken: cacheBytes(shape, opened.context, opened.bytesOfValue),
    };
  } catch (error) {
    // The engine opened the file, so a header that we cannot read is our limit, and the fact is left out.
    if (error instanceof UserError) return null;
    throw error;
  }
}
