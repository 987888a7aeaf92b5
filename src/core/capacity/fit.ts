/**
 * Tells which devices a model fits. It estimates the memory from its parts and compares the estimate with the measurement:
 *
 *     weights + KV cache at the suite's context + runtime  <=  memory x usable
 *     KV cache per token = 2 x layers x KV heads x head size x bytes per value
 *
 * Reports show the error of the estimate. The larger of the estimate and the measurement decides whether a device fits.
 */
import type { Analysis, ModelAnalysis, SuiteAnalysis } from '../analyse/analysis.js';
import { cellOf } from '../analyse/analysis.js';
import { notOurs } from '../analyse/ownership.js';
import { bitsOf } from '../definition/model.js';
import { isMissing, type Missing, missing } from '../quantity.js';
import type { Device } from './device.js';

export interface ModelFit {
  readonly model: string;
  /** The tokens of the longest request of the suite: its prompt plus the maximum length of its answer. */
  readonly context: { readonly value: number } | Missing;
  readonly estimate: MemoryEstimate | Missing;
  /** The peak resident memory, in bytes. */
  readonly measured: { readonly value: number } | Missing;
  /** `estimate / measured - 1` */
  readonly error: { readonly value: number } | Missing;
  readonly devices: readonly DeviceFit[];
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

export interface DeviceFit {
  readonly device: string;
  readonly state: 'fits' | 'does not fit' | 'unknown';
  /** The bytes that the model needs, divided by the usable bytes. */
  readonly share: { readonly value: number } | Missing;
  /** The upper bound of tokens per second for one request at a time: each token reads the weights and the cache. */
  readonly ceiling: { readonly value: number } | Missing;
}

/** The memory of a Node process with an engine before it opens a model. It is used where this was not measured. */
const TYPICAL_RUNTIME = 150e6;

export function fitModels(analysis: Analysis, suite: SuiteAnalysis, devices: readonly Device[]): ModelFit[] {
  return analysis.models
    .filter((model) => !runsElsewhere(model))
    .map((model) => fitModel(model, contextOf(suite, model.id), devices));
}

/** The facts of a session tell whether the server is ours. If a model was never opened, only its entry can tell. */
function runsElsewhere({ facts, entry }: ModelAnalysis): boolean {
  return facts === null ? 'endpoint' in entry : notOurs(facts, entry) !== null;
}

function fitModel(model: ModelAnalysis, context: ModelFit['context'], devices: readonly Device[]): ModelFit {
  const estimate = estimateMemory(model, context);
  const peak = model.memory.peak.resident;
  const measured = isMissing(peak) ? peak : { value: peak.max };
  const error = isMissing(estimate)
    ? estimate
    : isMissing(measured)
      ? measured
      : { value: estimate.total / measured.value - 1 };
  const needs = [...(isMissing(estimate) ? [] : [estimate.total]), ...(isMissing(measured) ? [] : [measured.value])];
  return {
    model: model.id,
    context,
    estimate,
    measured,
    error,
    devices: devices.map((device): DeviceFit => {
      const read = isMissing(estimate) ? null : estimate.weights + estimate.cache;
      const ceiling =
        read === null ? missing('the size of the weights is unknown') : { value: device.bandwidth / read };
      if (needs.length === 0)
        return { device: device.name, state: 'unknown', share: missing('neither estimated nor measured'), ceiling };
      const share = Math.max(...needs) / (device.memory * device.usable);
      return { device: device.name, state: share <= 1 ? 'fits' : 'does not fit', share: { value: share }, ceiling };
    }),
  };
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
  if (architecture === undefined || isMissing(context)) assumed.push('no KV cache, because its shape is unknown');
  else {
    const { layers, kvHeads, headSize, bytesPerCachedValue, cacheCopies = 1 } = architecture;
    cache = cacheCopies * 2 * layers * kvHeads * headSize * bytesPerCachedValue * context.value;
  }
  const { resident } = memory.baseline;
  if (isMissing(resident)) assumed.push('a runtime of 150 MB');
  const runtime = isMissing(resident) ? TYPICAL_RUNTIME : resident.max;
  return { weights, cache, runtime, total: weights + cache + runtime, assumed };
}

function contextOf(suite: SuiteAnalysis, model: string): ModelFit['context'] {
  const longest = suite.tasks.flatMap((task) => {
    const { promptTokens } = cellOf(task, model).metrics;
    return isMissing(promptTokens) ? [] : [promptTokens.max + task.maxTokens];
  });
  return longest.length === 0 ? missing('the tokens of the prompts were not counted') : { value: Math.max(...longest) };
}
