/** An engine with a model on a device, ready to be simulated: its steps, how wrong they may be, and its scheduler. */
import { isMissing, type Missing, missing } from '../../quantity.js';
import { CACHE_BYTES, cacheBytes } from '../cache.js';
import { doesNotFit, memoryOf, noCompute, type PredictedMemory, type Question, settingOf } from '../predict.js';
import type { MeasuredTimes } from '../simulate/measured-times.js';
import { predictedTimes } from '../simulate/predicted-times.js';
import { type Scheduler, schedulerOf, slotsToTry } from '../simulate/scheduler.js';
import type { StepTimes } from '../simulate/step-times.js';
import type { Basis } from '../step/bases.js';
import { basisOf, type Calibration } from '../step/calibration.js';
import { calibrationOf, withCopies } from '../together.js';

/** What the figures of a plan rest on. */
export type Ground =
  /** Answers that were measured on the machine itself, one at a time. */
  { readonly kind: 'measured'; readonly answers: number } | PredictedGround;

export interface PredictedGround {
  readonly kind: Basis;
  readonly quantity: LoadQuantity;
  /** Measurements of this device with this engine, and those of this quantity itself. */
  readonly rows: number;
  readonly own: number;
}

/** What the times of steps are made of: a single stream, further sequences, and prompts. */
export const LOAD_QUANTITIES = ['decode', 'batch', 'prefill'] as const;

export type LoadQuantity = (typeof LOAD_QUANTITIES)[number];

/** The ends of a 90% interval as logarithms of factors. */
export interface Doubt {
  readonly low: number;
  readonly high: number;
}

export interface Engine {
  readonly times: StepTimes;
  readonly scheduler: Scheduler;
  readonly memory: PredictedMemory | Missing;
  /** One for each quantity, or one for a machine that was measured. */
  readonly grounds: readonly Ground[];
  readonly doubts: { readonly decode: Doubt; readonly batch: Doubt; readonly prefill: Doubt };
}

/**
 * The engine with the slots that the user asks for; without them, once for each number of slots that fits, for the load to choose.
 */
export function predictedEngines(
  question: Question,
  { slots, calibration }: { readonly slots: number | undefined; readonly calibration: Calibration },
): readonly [Engine, ...Engine[]] | Missing {
  const { engine, context } = question;
  if (memoryOf(question).verdict === 'does not fit') return doesNotFit(question);
  // Engines choose their defaults by one device, however many share the model.
  const device = question.device.group?.device ?? question.device;
  const paged = schedulerOf(engine, device, { slots: 1, context, room: 1 }).cache.kind === 'shared';
  const tried = slots === undefined ? slotsToTry(engine, device) : [slots];
  const engines = tried.map((count) => predictedEngine(question, { slots: count, paged, calibration }));
  const known = engines.filter((one): one is Engine => !isMissing(one));
  // Slots that only may fit are no choice where some do.
  const sure = known.filter(({ memory }) => !isMissing(memory) && memory.verdict === 'fits');
  const [first, ...rest] = sure.length > 0 ? sure : known.slice(0, 1);
  return first === undefined ? engines.find(isMissing)! : [first, ...rest];
}

function predictedEngine(
  question: Question,
  {
    slots,
    paged,
    calibration: all,
  }: { readonly slots: number; readonly paged: boolean; readonly calibration: Calibration },
): Engine | Missing {
  const { model, device, engine, lengths, context, cacheType } = question;
  const memory = memoryOf(paged ? question : { ...question, slots });
  if (memory.verdict === 'does not fit') return missing(`${slots} slots of ${context} tokens do not fit the device`);
  const setting = settingOf(question, memory);
  if (isMissing(setting)) return setting;
  if (!device.compute) return noCompute(device);
  const { placement, traits } = setting;
  const calibration = calibrationOf(device, all);
  const usual = lengths.prompt + lengths.output / 2;
  const bytesOfToken = cacheBytes(withCopies(model.shape, device), usual, CACHE_BYTES[cacheType]) / usual;
  const room = Math.floor((memory.usable - memory.total + memory.cache) / bytesOfToken);
  const grounds = LOAD_QUANTITIES.map((quantity): Ground => {
    const { basis, rows, own } = basisOf(traits, quantity, calibration.rows);
    return { kind: basis, quantity, rows, own };
  });
  const doubt = (quantity: LoadQuantity) =>
    calibration.spreads[`${quantity} | ${basisOf(traits, quantity, calibration.rows).basis}`];
  return {
    times: predictedTimes(placement, { traits, constants: calibration.constants, context: usual }),
    scheduler: schedulerOf(engine, device.group?.device ?? device, { slots, context, room }),
    memory,
    grounds,
    doubts: { decode: doubt('decode'), batch: doubt('batch'), prefill: doubt('prefill') },
  };
}

/** The standard error of what steps of several sequences take, on the scale of logarithms, where a load test shows them (docs/capacity.md). */
const BATCH_ERROR = 0.14;
/** 90% of a normal distribution lie within this many standard deviations. */
const NINETY = 1.645;

/**
 * A machine whose single streams were measured. Beside the error of the medians, single streams cannot tell how much small batches add. Where no
 * load test shows steps as large as its slots, that (../simulate/measured-times.ts) may be a quarter of the assumed value, or twice as much.
 */
export function measuredEngine({ times, answers, errors, sequences }: MeasuredTimes, scheduler: Scheduler): Engine {
  const doubt = (error: number): Doubt => ({ low: -NINETY * error, high: NINETY * error });
  return {
    times,
    scheduler,
    memory: missing('it ran there, so it fits'),
    grounds: [{ kind: 'measured', answers }],
    doubts: {
      decode: doubt(errors.decode),
      batch:
        sequences > 1 && sequences >= scheduler.slots
          ? doubt(Math.hypot(errors.batch, BATCH_ERROR))
          : { low: -2 * Math.LN2, high: Math.LN2 },
      prefill: doubt(errors.prefill),
    },
  };
}
