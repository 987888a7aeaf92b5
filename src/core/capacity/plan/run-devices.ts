/**
 * Which devices hold the models of a run, how fast one stream of its requests is there, and from how many requests a second a device is cheaper
 * than a hosted model of the run. It is what `rightsize capacity` says of the same run, for one suite.
 */
import type { Analysis, ModelAnalysis, SuiteAnalysis } from '../../analyse/analysis.js';
import { isMissing, type Missing, missing } from '../../quantity.js';
import { CALIBRATION } from '../catalogue/constants.js';
import { type Device, nameOf } from '../device.js';
import { ENGINES, usualCacheType, usualEngine } from '../engines.js';
import type { ModelFit } from '../fit.js';
import { type MemoryVerdict, verdictOf } from '../memory-interval.js';
import { type Prediction, predict, type Question } from '../predict.js';
import type { Lengths } from '../step/workload.js';
import { usualLengths } from './demand.js';
import { streamHere } from './here.js';
import { type ModelWorkload, workloadOf } from './of-run.js';
import { recordedShape } from './recorded-shape.js';

export interface RunDevices {
  /** The devices that were considered, from small to large. */
  readonly devices: readonly Device[];
  /** The models whose weights are on a machine of ours, in the order of the run. */
  readonly models: readonly ModelDevices[];
}

export interface ModelDevices {
  readonly model: string;
  readonly subject: Subject;
  /** One stream on the machine of the run. */
  readonly here: Prediction;
  /** One for each device. */
  readonly devices: readonly ModelOnDevice[];
}

export interface ModelOnDevice {
  readonly device: string;
  /** `may fit`: the 90% interval of what it needs holds what the device has. */
  readonly state: MemoryVerdict | 'unknown';
  /** Bytes that it needs, and the reason where they are not known. */
  readonly needed: { readonly value: number } | Missing;
  /** The bytes that it needs, divided by the usable bytes. */
  readonly share: { readonly value: number } | Missing;
  readonly prediction: Prediction;
}

export interface RunDevicesOptions {
  readonly devices: readonly Device[];
  /** The memory of each model on the machine of the run. */
  readonly fits: readonly ModelFit[];
}

/** What is asked of each model. */
export interface Subject {
  readonly model: ModelAnalysis;
  readonly workload: ModelWorkload;
  /** The mean lengths of its requests in tokens, and how many samples were measured. */
  readonly lengths: (Lengths & { readonly measured: number }) | Missing;
  readonly fit: ModelFit;
}

export function runDevices(analysis: Analysis, suite: SuiteAnalysis, { devices, fits }: RunDevicesOptions): RunDevices {
  const models = fits.map((fit): ModelDevices => {
    const subject = subjectOf(analysis, suite, fit);
    const here = predictionHere(subject, devices);
    return {
      model: fit.model,
      subject,
      here,
      devices: devices.map((device) => onDevice(subject, device, here)),
    };
  });
  return { devices, models };
}

const NO_LENGTHS = missing('the tokens of its requests and answers were not counted');

function subjectOf({ models }: Analysis, suite: SuiteAnalysis, fit: ModelFit): Subject {
  const workload = workloadOf([suite], fit.model);
  const { lengths } = workload;
  return {
    model: models.find(({ id }) => id === fit.model)!,
    workload,
    lengths: lengths.length === 0 ? NO_LENGTHS : { ...usualLengths(lengths), measured: lengths.length },
    fit,
  };
}

function predictionHere({ model, workload, lengths }: Subject, devices: readonly Device[]): Prediction {
  const machine = devices.find(({ thisMachine }) => thisMachine);
  const place = {
    model: model.id,
    device: machine === undefined ? 'this machine' : nameOf(machine),
    facts: model.facts,
  };
  return streamHere({ ...place, streams: workload.streams }, isMissing(lengths) ? { prompt: 1, output: 1 } : lengths);
}

function onDevice(subject: Subject, device: Device, here: Prediction): ModelOnDevice {
  const prediction = device.thisMachine ? here : predictionOn(subject, device);
  const needed = isMissing(prediction.memory) ? neededHere(subject.fit) : { value: prediction.memory.needed };
  const share = isMissing(needed) ? needed : { value: needed.value / (device.memory * device.usable) };
  return {
    device: device.name,
    state: isMissing(needed) ? 'unknown' : stateOf(prediction, needed.value, device),
    needed,
    share,
    prediction,
  };
}

function stateOf({ memory }: Prediction, needed: number, { memory: bytes, usable }: Device): MemoryVerdict {
  return isMissing(memory) ? verdictOf(needed, memory, bytes * usable) : memory.verdict;
}

/** What the model needed on the machine of the run, where nothing tells what it needs elsewhere. */
function neededHere({ estimate, measured }: ModelFit): ModelOnDevice['needed'] {
  const known = [...(isMissing(estimate) ? [] : [estimate.total]), ...(isMissing(measured) ? [] : [measured.value])];
  return known.length === 0 ? missing('neither estimated nor measured') : { value: Math.max(...known) };
}

function predictionOn(subject: Subject, device: Device): Prediction {
  const question = questionOf(subject, device);
  if (!isMissing(question)) return predict(question, CALIBRATION);
  const absent = { memory: question, ttft: question, tpot: question, e2e: question, decodeRate: question };
  return { model: subject.model.id, device: nameOf(device), engine: usualEngine(device), ...absent };
}

export function questionOf({ model, lengths, fit }: Subject, device: Device): Question | Missing {
  const engine = usualEngine(device);
  const recorded = recordedShape(model.facts, model.entry, ENGINES[engine].storage);
  if (isMissing(recorded)) return recorded;
  if (isMissing(lengths)) return lengths;
  const { maxContext } = recorded.shape;
  const longest = isMissing(fit.context) ? Math.ceil(lengths.prompt + lengths.output) : fit.context.value;
  return {
    model: { ...recorded, name: model.id },
    device,
    engine,
    lengths,
    // An answer ends where the context does.
    context: Math.min(longest, maxContext ?? longest),
    cacheType: usualCacheType(engine, model.entry),
    measured: isMissing(fit.measured) ? undefined : fit.measured.value,
  };
}
