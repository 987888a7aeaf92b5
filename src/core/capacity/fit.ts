/**
 * Which devices a model fits, from its parts, with what was measured beside it:
 *
 *     weights + KV cache at the suite's context + runtime  <=  memory x usable
 *     KV cache per token = 2 x layers x KV heads x head size x bytes per value
 *
 * An estimate that is far from the measurement is shown with its error; a device is judged by the larger of the two.
 */
import type { Analysis, ModelAnalysis, SuiteAnalysis } from '../analyse/analysis.js';
import { cellOf } from '../analyse/analysis.js';
import { notOurs } from '../analyse/ownership.js';
import { bitsOf } from '../definition/model.js';
import { isMissing, type Missing, missing } from '../quantity.js';
import type { Device } from './devices.js';

export interface ModelFit {
  readonly model: string;
  /** Tokens of the longest request of the suite: prompt and the most that may be answered. */
  readonly context: { readonly value: number } | Missing;
  readonly estimate: MemoryEstimate | Missing;
  /** Peak resident memory, bytes. */
  readonly measured: { readonly value: number } | Missing;
  /** `estimate / measured - 1` */
  readonly error: { readonly value: number } | Missing;
  readonly devices: readonly DeviceFit[];
}

export interface MemoryEstimate {
  /** Bytes each. */
  readonly weights: number;
  readonly cache: number;
  readonly runtime: number;
  readonly total: number;
  /** What was assumed where nothing was known. */
  readonly assumed: readonly string[];
}

export interface DeviceFit {
  readonly device: string;
  readonly state: 'fits' | 'does not fit' | 'unknown';
  /** Bytes needed over bytes usable. */
  readonly share: { readonly value: number } | Missing;
  /** Tokens per second that the bandwidth allows at most, one request at a time: weights and cache are read for each. */
  readonly ceiling: { readonly value: number } | Missing;
}

/** What a Node process with an engine takes before it has opened a model, where it was not measured. */
const TYPICAL_RUNTIME = 150e6;

export function fitModels(analysis: Analysis, suite: SuiteAnalysis, devices: readonly Device[]): ModelFit[] {
  return analysis.models
    .filter((model) => !runsElsewhere(model))
    .map((model) => fitModel(model, contextOf(suite, model.id), devices));
}

/** Sessions say whether the server is ours. Of a model that was never opened, only its entry can say so. */
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
        read === null ? missing('the size of the weights is not known') : { value: device.bandwidth / read };
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
    if (parameters === undefined)
      return missing('neither the size of the weights nor the number of parameters is known');
    const bits = entry.bitsPerWeight ?? bitsOf(entry.quantisation ?? 'f16');
    weights = (parameters * bits) / 8;
    assumed.push(`weights of ${bits} bits`);
  }
  let cache = 0;
  const architecture = facts?.architecture;
  if (architecture === undefined || isMissing(context)) assumed.push('no KV cache: its shape is not known');
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
  return longest.length === 0 ? missing('no prompt was counted') : { value: Math.max(...longest) };
}
