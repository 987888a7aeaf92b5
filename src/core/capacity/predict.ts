/**
 * What one stream of requests gets from a model on a device: whether the model fits, and how fast it answers. Each time has an interval
 * that 90% of left-out groups of measurements met, and says what it rests on. What no source supports is missing, with the reason.
 */
import { isMissing, type Missing, missing } from '../quantity.js';
import { CACHE_BYTES, cacheBytes } from './cache.js';
import { type Device, nameOf } from './device.js';
import { llamaCppMemory } from './engine-memory.js';
import { type CacheType, ENGINES, type EngineName, isLlamaCpp } from './engines.js';
import { type MemoryInterval, type MemoryVerdict, memoryInterval, verdictOf } from './memory-interval.js';
import { allWeights, type ModelShape } from './shape.js';
import type { MeasuredTimes } from './simulate/measured-times.js';
import { BASES, type Basis } from './step/bases.js';
import { basisOf, type Calibration, type Quantity } from './step/calibration.js';
import { secondsOf, type Traits } from './step/fit.js';
import { LLAMA_CPP_BATCH, tokensOfPass } from './step/kernels.js';
import { leastSeconds, type Placement, type Terms } from './step/terms.js';
import { traitsOf } from './step/traits.js';
import { type Lengths, timePerToken, timeToFirst } from './step/workload.js';
import { calibrationOf, smallestThatHolds, withCopies } from './together.js';

export interface Question {
  readonly model: { readonly name: string; readonly shape: ModelShape; readonly isEstimated?: boolean | undefined };
  readonly device: Device;
  readonly engine: EngineName;
  readonly lengths: Lengths;
  /** Tokens of context of one request. */
  readonly context: number;
  readonly cacheType: CacheType;
  /** Requests whose whole context the engine reserves; 1 if it is absent. */
  readonly slots?: number | undefined;
  /** The peak memory in bytes that a run measured for the model, if one did. */
  readonly measured?: number | undefined;
}

export interface Prediction {
  readonly model: string;
  readonly device: string;
  /** An engine of the command line, or what a log names. */
  readonly engine: string;
  /** The devices that share each layer of the model, where there are several. */
  readonly together?: number;
  readonly memory: PredictedMemory | Missing;
  /** Seconds until the first token, between two tokens, and until the last one. */
  readonly ttft: Forecast | Missing;
  readonly tpot: Forecast | Missing;
  readonly e2e: Forecast | Missing;
  /** Tokens per second of one stream after the first. */
  readonly decodeRate: Forecast | Missing;
}

/** A value with its 90% interval and what it rests on. What was predicted is nowhere faster than the bandwidth and the compute of the device. */
export interface Forecast {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** `measured`: answers on the machine itself. */
  readonly basis: Basis | 'measured';
  /** The measurements of this device with this engine, or of the machine itself; 0 for a basis that has none. */
  readonly rows: number;
  /** Those of this quantity itself: a single stream, or a prompt alone. */
  readonly own: number;
}

export interface PredictedMemory {
  /** All parts are in bytes. */
  readonly weights: number;
  /** The part of the weights that is the table of token vectors and the output matrix. */
  readonly embeddings: number;
  readonly cache: number;
  readonly buffers: number;
  readonly reserve: number;
  readonly total: number;
  /** The larger of the total and of what a run measured. */
  readonly needed: number;
  /** The 90% interval of what is needed; missing for an engine whose memory was not measured. */
  readonly interval: MemoryInterval | Missing;
  /** What the device has for a model. */
  readonly usable: number;
  /** `may fit`: the interval holds what the device has. */
  readonly verdict: MemoryVerdict;
  /** The bytes of the weights follow from bits of a weight, and were not read from a file. */
  readonly isEstimated: boolean;
}

export function predict(question: Question, calibration: Calibration): Prediction {
  const { model, device, engine } = question;
  const memory = memoryOf(question);
  const times = timesOf(question, memory, calibrationOf(device, calibration));
  const { group } = device;
  return {
    model: model.name,
    device: nameOf(device),
    engine,
    ...(group !== undefined && { together: group.count }),
    memory,
    ...times,
  };
}

export function memoryOf({
  model: { shape, isEstimated = false },
  device,
  engine,
  context,
  cacheType,
  slots = 1,
  measured = 0,
}: Question): PredictedMemory {
  const count = device.group?.count ?? 1;
  const reserve = count * ENGINES[engine].reserve;
  const bytesOfValue = CACHE_BYTES[cacheType];
  const parts = isLlamaCpp(engine)
    ? llamaCppMemory(shape, {
        context: context * slots,
        slots,
        batch: LLAMA_CPP_BATCH,
        bytesOfValue,
        flashAttention: true,
      })
    : {
        weights: allWeights(shape.weights).bytes,
        cache: slots * cacheBytes(withCopies(shape, device), context, bytesOfValue),
        compute: 0,
        output: 0,
      };
  const buffers = parts.compute + parts.output;
  const total = parts.weights + parts.cache + buffers + reserve;
  const needed = Math.max(total, measured);
  const usable = device.memory * device.usable;
  const interval = memoryInterval(engine, { weights: parts.weights, cache: parts.cache, buffers, isEstimated });
  const atLeast = (end: number) => Math.max(end, measured);
  const whole = isMissing(interval) ? interval : { low: atLeast(interval.low), high: atLeast(interval.high) };
  return {
    weights: parts.weights,
    embeddings: shape.weights.embedding.bytes + (shape.weights.output?.bytes ?? 0),
    cache: parts.cache,
    buffers,
    reserve,
    total,
    needed,
    interval: whole,
    usable,
    verdict: verdictOf(needed, whole, usable),
    isEstimated,
  };
}

type Times = Pick<Prediction, 'ttft' | 'tpot' | 'e2e' | 'decodeRate'>;

function timesOf(question: Question, memory: PredictedMemory, calibration: Calibration): Times {
  const { device, lengths } = question;
  const none = (reason: string): Times => {
    const absent = missing(reason);
    return { ttft: absent, tpot: absent, e2e: absent, decodeRate: absent };
  };
  if (memory.verdict === 'does not fit') return none(doesNotFit(question).missing);
  const setting = settingOf(question, memory);
  if (isMissing(setting)) return none(setting.missing);
  const { placement, traits } = setting;
  const forecast = (quantity: Quantity, terms: Terms) => forecastOf(quantity, terms, traits, calibration);
  const tpot = forecast('decode', timePerToken(placement, 1, lengths));
  const ttft = device.compute ? forecast('prefill', timeToFirst(placement, 1, lengths.prompt)) : noCompute(device);
  return { ttft, tpot, e2e: endToEnd(ttft, tpot, lengths), decodeRate: inverse(tpot) };
}

/**
 * The reason, with the number of devices that hold the model together where published rows support one, and with what llama.cpp can do on a card that has
 * memory of its own.
 */
export function doesNotFit(question: Question): Missing {
  const { device, engine, model } = question;
  const enough = smallestThatHolds(
    { device, engine, shape: model.shape },
    (more) => memoryOf({ ...question, device: more }).verdict === 'fits',
  );
  const remedy = enough === null ? '' : `; --device ${nameOf(enough)} holds it`;
  const partly = keepsLayersOutside(question)
    ? '; llama.cpp can leave some of its layers in the memory of the machine (--n-gpu-layers), and how fast it is then is not known'
    : '';
  return missing(`the model does not fit the device${remedy}${partly}`);
}

/** On a CPU, and where a GPU shares the memory of one, there is no other memory. */
function keepsLayersOutside({ device: { kind }, engine }: Question): boolean {
  return isLlamaCpp(engine) && (kind === 'consumer-gpu' || kind === 'datacentre-gpu');
}

/** Where the model runs, and what that has in common with measurements. @returns Missing where the kind of the device is unknown. */
export function settingOf(
  { model, device, engine, cacheType }: Question,
  memory: PredictedMemory,
): { readonly placement: Placement; readonly traits: Traits } | Missing {
  if (device.kind === undefined)
    return missing(`the kind of ${nameOf(device)} is unknown: give it one in the file of --prices`);
  const { device: each, count } = device.group ?? { device, count: 1 };
  const placement: Placement = {
    shape: model.shape,
    // Decoding one stream hardly computes, so a device without a figure of compute still has a time per token.
    device: { bandwidth: each.bandwidth, compute: each.compute ?? { f16: Number.POSITIVE_INFINITY } },
    memory: memory.usable,
    devices: count,
    groups: 1,
    bytesOfValue: CACHE_BYTES[cacheType],
    engine: ENGINES[engine].calibrated,
    tokensOfPass: tokensOfPass(ENGINES[engine].calibrated),
  };
  const traits = traitsOf({
    shape: model.shape,
    device: { id: nameOf(each), kind: device.kind },
    engine: ENGINES[engine].calibrated,
  });
  return { placement, traits };
}

export function noCompute(device: Device): Missing {
  return missing(`no source gives the compute of ${nameOf(device)}`);
}

function forecastOf(
  quantity: Quantity,
  terms: Terms,
  traits: Traits,
  { constants, spreads, rows: counts }: Calibration,
): Forecast {
  const least = leastSeconds(terms);
  const value = Math.max(least, secondsOf(terms, traits, constants));
  const { basis, rows, own } = basisOf(traits, quantity, counts);
  const { low, high } = spreads[`${quantity} | ${basis}`];
  return {
    value,
    low: Math.max(least, value * Math.exp(low)),
    high: value * Math.exp(high),
    basis,
    rows,
    own,
  };
}

/**
 * Both ends are added up as if both times were off in the same direction, so the interval is rather too wide. The sum rests on what the
 * weaker of the two rests on.
 */
function endToEnd(ttft: Forecast | Missing, tpot: Forecast, { output }: Lengths): Forecast | Missing {
  if (isMissing(ttft)) return ttft;
  const sum = (end: 'value' | 'low' | 'high') => ttft[end] + (output - 1) * tpot[end];
  const weaker = rankOf(ttft) > rankOf(tpot) ? ttft : tpot;
  return { ...weaker, value: sum('value'), low: sum('low'), high: sum('high') };
}

function rankOf({ basis }: Forecast): number {
  return basis === 'measured' ? -1 : BASES.indexOf(basis);
}

/** One stream of a machine whose steps were measured. */
export function measuredPrediction(
  { model, device, engine }: { readonly model: string; readonly device: string; readonly engine: string },
  { times, answers, errors }: MeasuredTimes,
  lengths: Lengths,
): Prediction {
  const forecast = (value: number, error: number): Forecast => ({
    value,
    low: value * Math.exp(-NINETY * error),
    high: value * Math.exp(NINETY * error),
    basis: 'measured',
    rows: answers,
    own: answers,
  });
  const ttft = forecast(times.request + times.pass(1) + times.read(lengths.prompt, 0), errors.prefill);
  const tpot = forecast(times.pass(1) + times.sequence, errors.decode);
  const memory = missing('it ran there, so it fits');
  return { model, device, engine, memory, ttft, tpot, e2e: endToEnd(ttft, tpot, lengths), decodeRate: inverse(tpot) };
}

/** 90% of a normal distribution lie within this many standard deviations. */
const NINETY = 1.645;

function inverse({ value, low, high, ...rest }: Forecast): Forecast {
  return { value: 1 / value, low: 1 / high, high: 1 / low, ...rest };
}
