/** What a plan of capacity says, in words. */
import type { DevicePrediction, LengthOrigin, LoadWanted, RequestsAsked } from '../capacity/plan/answer.js';
import type { Binding, Resource } from '../capacity/plan/binding.js';
import type { Figure } from '../capacity/plan/draws.js';
import type { Ground, LoadQuantity, PredictedGround } from '../capacity/plan/engine.js';
import type { LoadPlan } from '../capacity/plan/load-plan.js';
import type { Forecast, Prediction } from '../capacity/predict.js';
import { LOAD_METRICS, type Objective } from '../load/objective.js';
import { isMissing, type Missing, missing } from '../quantity.js';
import { formatCount, formatScore, formatSeconds, formatUnit, list, plural } from './format.js';

/** `qwen3-4b:q4_k_m, rtx-4090` */
export function placeWords({ model, device }: Pick<Prediction, 'model' | 'device'>): string {
  return `${model}, ${device}`;
}

/** `users who think exp:10s`, `requests per second`. */
export function loadUnit({ kind }: LoadWanted): string {
  switch (kind.kind) {
    case 'users':
      return 'users';
    case 'concurrency':
      return 'requests at once';
    case 'rate':
      return 'requests per second';
  }
}

/** `1 request per second`, `200 users` */
function demandWords(wanted: number, load: LoadWanted): string {
  const unit = loadUnit(load);
  return `${formatCount(wanted)} ${wanted === 1 ? unit.replace(/^(user|request)s/, '$1') : unit}`;
}

/** `prompts of 1,200 tokens and answers of 250 tokens`, with the origin of the lengths. */
export function requestsWords({ prompt, output, measured, prompts, answers }: RequestsAsked): string {
  const [ofPrompts, ofAnswers] = [lengthWords(prompt, prompts), lengthWords(output, answers)];
  const both = `prompts of ${ofPrompts} and answers of ${ofAnswers}`;
  return measured > 0 ? `${both} on average (${formatCount(measured)} measured)` : both;
}

function lengthWords(mean: number, origin: LengthOrigin | undefined): string {
  const tokens = plural(Math.round(mean), 'token');
  if (origin === undefined) return tokens;
  switch (origin.kind) {
    case 'drawn':
      return `${tokens} on average (${origin.from})`;
    case 'suite': {
      const counted =
        origin.by === 'tokenizer'
          ? "counted by the model's tokenizer"
          : 'estimated: a token for every three bytes, and eight for each message';
      return `${tokens} on average (${formatCount(origin.samples)} samples of ${origin.suite}, ${counted})`;
    }
    case 'limit':
      return `${tokens} on average (the most that the suite allows, an upper bound)`;
  }
}

/** What the times of one stream rest on. */
export function basisWords({ ttft, tpot }: Pick<Prediction, 'ttft' | 'tpot'>): string {
  if (isMissing(tpot)) return '–';
  const ofAnswer = forecastBasis(tpot, 'decode');
  if (isMissing(ttft) || forecastBasis(ttft, 'prefill') === ofAnswer) return ofAnswer;
  return `answer: ${ofAnswer}; prompt: ${forecastBasis(ttft, 'prefill')}`;
}

function forecastBasis({ basis, rows, own }: Forecast, quantity: LoadQuantity): string {
  return basis === 'measured'
    ? groundWords({ kind: basis, answers: rows })
    : groundWords({ kind: basis, quantity, rows, own });
}

const PARTS: Readonly<Record<LoadQuantity, string>> = {
  decode: 'one stream',
  batch: 'further requests at once',
  prefill: 'prompts',
};

/** What the times of steps rest on, by quantity. Those that rest on the same are said together. */
export function groundsWords(grounds: readonly Ground[]): string {
  const parts = new Map<string, string[]>();
  for (const ground of grounds) {
    const words = groundWords(ground);
    const part = ground.kind === 'measured' ? [] : [PARTS[ground.quantity]];
    parts.set(words, [...(parts.get(words) ?? []), ...part]);
  }
  if (parts.size === 1) return [...parts.keys()].join();
  return [...parts].map(([words, names]) => `${list(names)}: ${words}`).join('; ');
}

const ITSELF: Readonly<Record<LoadQuantity, string>> = {
  decode: 'a single stream',
  batch: 'batches',
  prefill: 'a prompt alone',
};

function groundWords(ground: Ground): string {
  switch (ground.kind) {
    case 'measured':
      return `measured here, ${plural(ground.answers, 'answer')}`;
    case 'pair':
      return `calibrated on ${plural(ground.rows, 'row')} of this device and engine${ownWords(ground)}`;
    case 'device':
      return 'calibrated on this device with other engines';
    case 'kind':
      return 'data sheet, with constants of devices of its kind';
  }
}

/** Rows of other quantities calibrate as well, but less. */
function ownWords({ rows, own, quantity }: PredictedGround): string {
  if (own === rows) return '';
  return `, ${own === 0 ? 'none' : formatCount(own)} of ${ITSELF[quantity]}`;
}

const SHORT_OF: Readonly<Record<Resource, string>> = {
  slots: 'slots',
  memory: 'memory for caches',
  queue: 'requests in bunches',
  compute: 'compute',
  bandwidth: 'memory bandwidth',
  overhead: 'the cost of each step',
};

/** `TTFT p95, short of slots` */
export function bindingWords({ objective, resource }: Binding, objectives: readonly Objective[]): string {
  if (objective === null) return `the queue grows: ${SHORT_OF[resource]}`;
  const { metric, level } = objectives[objective]!;
  return `${LOAD_METRICS[metric].short} ${level}: ${SHORT_OF[resource]}`;
}

/** `TTFT p95 <= 1 s and TPOT p95 <= 50 ms` */
export function objectivesWords(objectives: readonly Objective[]): string {
  return objectives
    .map(({ metric, level, bound }) => {
      const { short, better, unit } = LOAD_METRICS[metric];
      return `${short} ${level} ${better === 'lower' ? '<=' : '>='} ${formatUnit(bound, unit)}`;
    })
    .join(' and ');
}

/** The answer in a sentence for each model and device with a demand. */
export function planSentence(prediction: DevicePrediction, wanted: LoadWanted): string | null {
  const plan = prediction.load?.plan;
  if (plan === undefined || isMissing(plan) || wanted.wanted === null) return null;
  const { devices, served } = plan;
  const place = placeWords(prediction);
  const demand = demandWords(wanted.wanted, wanted);
  if (isMissing(served)) return null;
  if (isMissing(devices)) {
    return served.overloaded
      ? `${place}: one device does not hold ${demand}; its queue grows without end.`
      : `${place}: at ${demand} one device has a request under way ${formatScore(served.busy.value)} of the time, with a TTFT p95 of ${formatSeconds(served.ttft.p95.value)}.`;
  }
  const share = shareOfGreatest(plan);
  const used = isMissing(share) ? '' : `, at ${formatScore(share.value)} of its greatest load`;
  return `${place}: ${demand} ${wanted.wanted === 1 ? 'takes' : 'take'} ${countWords(devices)}, each with a request under way ${formatScore(served.busy.value)} of the time${used}.`;
}

/** The load of one device over the greatest that it holds; missing where either is not known, or no load holds. */
export function shareOfGreatest({ served, greatest }: LoadPlan): Figure | Missing {
  if (isMissing(served)) return served;
  if (isMissing(greatest)) return greatest;
  if (greatest.value === 0) return missing('no load holds');
  const { load } = served;
  return { value: load / greatest.value, low: load / greatest.high, high: load / greatest.low };
}

/** `3 devices (90% interval 2 to 7)` */
function countWords({ value, low, high }: Figure): string {
  const interval = Number.isFinite(high)
    ? `${formatCount(low)} to ${formatCount(high)}`
    : `${formatCount(low)} or more`;
  return `${plural(value, 'device')} (90% interval ${interval})`;
}
