/** What a plan says of a model on a device. */
import type { Objective } from '../../load/objective.js';
import type { Missing } from '../../quantity.js';
import type { PredictedMemory, Prediction } from '../predict.js';
import type { LoadKind } from '../simulate/greatest-load.js';
import type { Lengths } from '../step/workload.js';
import type { Figure } from './draws.js';
import type { Ground } from './engine.js';
import type { LoadPlan } from './load-plan.js';
import type { Money } from './money.js';

export interface DevicePrediction extends Prediction {
  /** The mean lengths of its requests, in tokens, and how many were measured; 0 where they were given. Missing for what cannot be answered. */
  readonly lengths: RequestsAsked | Missing;
  /** The model of the run that lengths and quality are of, where the user says which weights it has. */
  readonly inPlaceOf?: string;
  /** The share of right answers, from a run. */
  readonly quality: Figure | Missing;
  /** Absent where no load is asked for, or nothing can be answered. */
  readonly load?: DeviceLoad;
}

export interface RequestsAsked extends Lengths {
  readonly measured: number;
  /** Where prompts and answers have their lengths from; absent where a run or a number tells. */
  readonly prompts?: LengthOrigin | undefined;
  readonly answers?: LengthOrigin | undefined;
}

export type LengthOrigin =
  /** A distribution in the notation of load tests. */
  | { readonly kind: 'drawn'; readonly from: string }
  /** The prompts of a suite: counted by the tokenizer of the model, or estimated by their bytes. */
  | { readonly kind: 'suite'; readonly suite: string; readonly samples: number; readonly by: 'tokenizer' | 'bytes' }
  /** The most tokens that the tasks of the suite allow for an answer. */
  | { readonly kind: 'limit' };

export interface DeviceLoad {
  /** The memory with all slots. */
  readonly memory: PredictedMemory | Missing;
  readonly grounds: readonly Ground[] | Missing;
  readonly plan: LoadPlan | Missing;
  readonly money: Money | Missing;
  /** Its part in the cascade that the run recommends, at a rate of requests; absent where there is none. */
  readonly cascade?: CascadePart;
}

export interface CascadePart {
  /** The share of all requests that the model answers. */
  readonly share: number;
  /** The devices that they take, and dollars a month. */
  readonly devices: Figure | Missing;
  readonly month: Figure | Missing;
}

/** What load is asked for. */
export interface LoadWanted {
  readonly kind: LoadKind;
  /** Requests per second, users or requests at once; null to ask for the greatest load only. */
  readonly wanted: number | null;
  /** The share of its greatest load that a device keeps free. */
  readonly headroom: number;
}

/** Everything that tables and charts show. */
export interface CapacityReport {
  readonly predictions: readonly DevicePrediction[];
  readonly objectives: readonly Objective[];
  /** Who set the objectives: the user, or the run whose limits they are. */
  readonly objectivesFrom: 'question' | 'run';
  /** Absent where no load is asked for. */
  readonly wanted?: LoadWanted | undefined;
  /** When the constants were fitted. */
  readonly calibrated: string;
}

/** The answer about a run, as a part of its report. */
export interface RunCapacity extends CapacityReport {
  /** The question, as the flags that ask it. */
  readonly flags: readonly string[];
}
