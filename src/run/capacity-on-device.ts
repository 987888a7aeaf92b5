/** One model on one device, as a question of capacity asks: its memory and times, and its load, devices and cost if a load is asked for. */
import { CALIBRATION } from '../core/capacity/catalogue/constants.js';
import { type Device, nameOf } from '../core/capacity/device.js';
import type { ELECTRICITY } from '../core/capacity/devices.js';
import { type CacheType, type EngineName, usualCacheType } from '../core/capacity/engines.js';
import type { PricedModel } from '../core/capacity/model-cost.js';
import type {
  CascadePart,
  DeviceLoad,
  DevicePrediction,
  LoadWanted,
  RequestsAsked,
} from '../core/capacity/plan/answer.js';
import { type Demand, usualLengths } from '../core/capacity/plan/demand.js';
import type { Figure } from '../core/capacity/plan/draws.js';
import { type Engine, predictedEngines } from '../core/capacity/plan/engine.js';
import { engineHere, streamHere } from '../core/capacity/plan/here.js';
import { busyAt, type LoadPlan, planBest } from '../core/capacity/plan/load-plan.js';
import { moneyOf } from '../core/capacity/plan/money.js';
import { predict } from '../core/capacity/predict.js';
import { dividesHeads } from '../core/capacity/together.js';
import type { Model } from '../core/definition/model.js';
import { UserError } from '../core/errors.js';
import type { Objective } from '../core/load/objective.js';
import type { Price } from '../core/measure/metric.js';
import { isMissing, type Missing, missing } from '../core/quantity.js';
import type { RequestLengths } from './capacity-lengths.js';
import type { MeasuredModel } from './capacity-workload.js';

/** What is asked of each model on each device. */
export interface DeviceQuestion {
  /** Tokens of context of one request; the prompt and the answer if it is absent. */
  readonly context?: number | undefined;
  readonly cacheType?: CacheType | undefined;
  /** What load is asked for; without one, how fast one stream is. */
  readonly load?: LoadWanted | undefined;
  /** The requests that an engine answers at once; the engine's own number if it is absent. */
  readonly slots?: number | undefined;
  /** The price of an API to compare with, in dollars for a million tokens. */
  readonly api?: Price | undefined;
}

export interface DeviceAsking {
  readonly question: DeviceQuestion;
  readonly objectives: readonly Objective[];
  readonly seed: number;
  /** All that are known, with that of the machine here. */
  readonly devices: readonly Device[];
  readonly electricity: typeof ELECTRICITY;
}

/** The known facts about the requests to a model. */
export interface Workload {
  readonly requests: RequestLengths;
  readonly measured: number;
  readonly quality: Figure | Missing;
  /** The share of the requests that the model answers in a cascade; null where there is none, or it has no part in it. */
  readonly share: number | null;
  /** Tokens of the longest request that a run may send; absent where only measured lengths tell. */
  readonly longest?: number | undefined;
  /** The peak memory in bytes that a run measured, if one did. */
  readonly peak?: number | undefined;
}

interface Place {
  readonly device: Device;
  readonly engine: EngineName;
  readonly workload: Workload;
  readonly asking: DeviceAsking;
  /** The entry of a model that a run measured. */
  readonly entry?: Model;
}

/** @throws UserError where the context has no room, the model was not made for it, or the devices cannot share its heads. */
export function predictOn(model: PricedModel, { device, engine, workload, asking, entry }: Place): DevicePrediction {
  const { question } = asking;
  const lengths = usualLengths(workload.requests.lengths);
  const context = contextOf(question, workload, model.shape.maxContext);
  refuseLongContext(model, context);
  refuseUnevenHeads(model, device);
  const { cacheType = usualCacheType(engine, entry), slots } = question;
  const asked = { model, device, engine, lengths, context, cacheType, measured: workload.peak };
  const prediction = predict(asked, CALIBRATION);
  return {
    ...prediction,
    lengths: lengthsTold(workload),
    quality: workload.quality,
    ...(question.load !== undefined && {
      load: loadOf(predictedEngines(asked, { slots, calibration: CALIBRATION }), device, { workload, asking }),
    }),
  };
}

function lengthsTold({ requests: { lengths, ...origins }, measured }: Workload): RequestsAsked {
  return { ...usualLengths(lengths), measured, ...origins };
}

/** The machine of the run, by its single streams. */
export function measuredHere(measured: MeasuredModel, workload: Workload, asking: DeviceAsking): DevicePrediction {
  const { question, devices } = asking;
  const lengths = usualLengths(workload.requests.lengths);
  const known = devices.find(({ thisMachine }) => thisMachine === true);
  const context = contextOf(question, workload);
  return {
    ...streamHere(
      { ...measured, model: measured.model.id, device: known === undefined ? 'this machine' : nameOf(known) },
      lengths,
    ),
    lengths: lengthsTold(workload),
    quality: workload.quality,
    ...(question.load !== undefined && {
      load: loadOf(
        engineHere(measured, { slots: question.slots, context, given: question.context }),
        known ?? thisMachine(),
        { workload, asking },
      ),
    }),
  };
}

/** A machine that no catalogue has: its price and power are not known. */
function thisMachine(): Device {
  return { name: 'this machine', memory: 0, usable: 1, bandwidth: 0, price: null };
}

function loadOf(
  engines: readonly [Engine, ...Engine[]] | Missing,
  device: Device,
  { workload, asking }: { readonly workload: Workload; readonly asking: DeviceAsking },
): DeviceLoad {
  if (isMissing(engines)) return { memory: engines, grounds: engines, plan: engines, money: engines };
  const { question, objectives, electricity, seed } = asking;
  const { kind, wanted, headroom } = question.load!;
  const demand: Demand = {
    kind,
    wanted,
    headroom,
    objectives,
    lengths: workload.requests.lengths,
    seed,
  };
  const { engine, plan } = planBest(engines, demand);
  const { share } = workload;
  const { api = missing('no price of an API was given: add --api-price') } = question;
  const paid = (own: LoadPlan) =>
    moneyOf(own, {
      device,
      electricity,
      lengths: workload.requests.lengths,
      quality: workload.quality,
      api,
      atWork: (rate) => busyAt(engine, demand, rate),
    });
  const partOf = (part: number, rate: number): CascadePart => {
    const own = planBest([engine], { ...demand, wanted: rate * part }).plan;
    const money = paid(own);
    return { share: part, devices: own.devices, month: isMissing(money) ? money : money.month };
  };
  return {
    memory: engine.memory,
    grounds: engine.grounds,
    plan,
    money: paid(plan),
    ...(share !== null && kind.kind === 'rate' && wanted !== null && { cascade: partOf(share, wanted) }),
  };
}

/** @throws UserError for a context in which the longest request has no room. */
function contextOf(
  { context }: DeviceQuestion,
  { requests: { lengths }, longest: allowed }: Workload,
  maxContext: number | null = null,
): number {
  const longest = lengths.reduce((a, b) => (b.prompt + b.output > a.prompt + a.output ? b : a));
  const needed = longest.prompt + longest.output;
  // An answer ends where the context does.
  if (context === undefined)
    return allowed === undefined ? needed : Math.max(needed, Math.min(allowed, maxContext ?? allowed));
  if (context >= needed) return context;
  throw new UserError(
    `--context: expected room for ${longest.prompt} tokens of the prompt and ${longest.output} of the answer, found ` +
      `${context}; leave it out or ask for less`,
  );
}

function refuseUnevenHeads({ name, shape }: PricedModel, { group }: Device): void {
  if (group === undefined || dividesHeads(shape, group.count)) return;
  const heads = [...new Set(shape.layers.flatMap((layer) => ('heads' in layer ? [layer.heads] : [])))];
  throw new UserError(
    `--model ${name}: expected heads of attention that ${group.count} devices share evenly, found ${heads.join(' and ')}; name another number of devices`,
  );
}

function refuseLongContext({ name, shape: { maxContext } }: PricedModel, context: number): void {
  if (maxContext === null || context <= maxContext) return;
  throw new UserError(
    `--model ${name}: expected a context of at most ${maxContext} tokens, for which the model was made, found ${context}; ` +
      'ask for a shorter prompt, answer or context',
  );
}
