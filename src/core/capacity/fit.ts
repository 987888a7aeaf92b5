/**
 * The memory of a model on the machine of the run: estimated from its parts, beside what was measured.
 *
 *     weights + KV cache + runtime
 *
 * Where the engine says what it reserves for the context that it opened, that counts: it knows windows, shared layers and latent caches.
 * Elsewhere the cache is that of the suite's longest request:
 *
 *     KV cache per token = 2 x layers x KV heads x head size x bytes per value
 *
 * Reports show the error of the estimate. What other devices hold is predicted (plan/run-devices.ts).
 */
import type { Analysis, ModelAnalysis, SuiteAnalysis } from '../analyse/analysis.js';
import { notOurs } from '../analyse/ownership.js';
import { bitsOf } from '../definition/model.js';
import { isMissing, type Missing, missing } from '../quantity.js';
import { longestRequest } from './plan/of-run.js';

export interface ModelFit {
  readonly model: string;
  /** The tokens of the longest request of the suite: its prompt plus the maximum length of its answer. */
  readonly context: { readonly value: number } | Missing;
  readonly estimate: MemoryEstimate | Missing;
  /** The peak resident memory, in bytes. */
  readonly measured: { readonly value: number } | Missing;
  /** `estimate / measured - 1` */
  readonly error: { readonly value: number } | Missing;
}

export interface MemoryEstimate {
  /** The parts and the total are in bytes. */
  readonly weights: number;
  readonly cache: number;
  readonly runtime: number;
  readonly total: number;
  /** The assumptions that replace unknown facts. */
  readonly assumed: readonly string[];
}

/** The memory of a Node process with an engine before it opens a model. It is used where this was not measured. */
const TYPICAL_RUNTIME = 150e6;

export function fitModels(analysis: Analysis, suite: SuiteAnalysis): ModelFit[] {
  return analysis.models
    .filter((model) => !runsElsewhere(model))
    .map((model) => fitModel(model, longestRequest([suite], model.id)));
}

/** The facts of a session tell whether the server is ours. If a model was never opened, only its entry can tell. */
function runsElsewhere({ facts, entry }: ModelAnalysis): boolean {
  return facts === null ? 'endpoint' in entry : notOurs(facts, entry) !== null;
}

function fitModel(model: ModelAnalysis, context: ModelFit['context']): ModelFit {
  const estimate = estimateMemory(model, context);
  const peak = model.memory.peak.resident;
  const measured = isMissing(peak) ? peak : { value: peak.max };
  const error = isMissing(estimate)
    ? estimate
    : isMissing(measured)
      ? measured
      : { value: estimate.total / measured.value - 1 };
  return { model: model.id, context, estimate, measured, error };
}

function estimateMemory(
  { entry, facts, memory }: ModelAnalysis,
  context: ModelFit['context'],
): MemoryEstimate | Missing {
  const assumed: string[] = [];
  const parameters = entry.parameters ?? facts?.parameters;
  let weights = facts?.weights?.bytes;
  if (weights === undefined) {
    if (parameters === undefined) return missing('the size of the weights and the number of parameters are unknown');
    const bits = entry.bitsPerWeight ?? bitsOf(entry.quantisation ?? 'f16');
    weights = (parameters * bits) / 8;
    assumed.push(`weights of ${bits} bits`);
  }
  let cache = 0;
  const architecture = facts?.architecture;
  const footprint = facts?.footprint;
  if (footprint !== undefined) cache = footprint.cache;
  else if (architecture === undefined || isMissing(context)) assumed.push('no KV cache, because its shape is unknown');
  else {
    const { layers, kvHeads, headSize, bytesPerCachedValue, cacheCopies = 1 } = architecture;
    cache = cacheCopies * 2 * layers * kvHeads * headSize * bytesPerCachedValue * context.value;
  }
  const { resident } = memory.baseline;
  if (isMissing(resident)) assumed.push('a runtime of 150 MB');
  const runtime = (isMissing(resident) ? TYPICAL_RUNTIME : resident.max) + (footprint?.buffers ?? 0);
  return { weights, cache, runtime, total: weights + cache + runtime, assumed };
}
