/**
 * One measurement to its result: its score, the values of its metrics, and how confident the model was. If the model fails,
 * the answer is wrong and scores 0. If something breaks on our side, the trial is unscored and keeps the reason.
 */
import { type Condition, conditionText, isAlone } from '../definition/condition.js';
import type { MeasurementRecord, SampleRecord } from '../log/log.js';
import type { Completed, Failed, Ranked } from '../measure/measurement.js';
import type { Price, TrialMetric } from '../measure/metric.js';
import { DISTRIBUTED, type DistributedMetric, METRICS } from '../measure/metrics.js';
import { piecesAreTokens, seenTokens } from '../measure/window.js';
import { isChat } from '../message.js';
import { isMissing, type Missing, missing, type Quantity } from '../quantity.js';
import { ballotOf, type Filter, filterText } from '../score/filters.js';
import { type Evidence, judgeOutput, type Score, type ScoreInput, type Scorer } from '../score/score.js';
import { mean, sum } from '../stats/basics/moments.js';
import { percentile } from '../stats/estimate/percentiles.js';
import type { Confidence } from './analysis.js';

export interface SecondaryScorer {
  readonly name: string;
  readonly scorer: Scorer;
  readonly options: unknown;
}

/** The scorer that a task chose, with its parsed options and the filters before it; or the reason why it cannot score. */
export type TaskScorer =
  | {
      readonly scorer: Scorer;
      readonly options: unknown;
      readonly filters: readonly Filter[];
      /** The other scorers of the same answers, which decide nothing. */
      readonly secondary: readonly SecondaryScorer[];
    }
  | Missing;

export interface TrialResult {
  readonly repetition: number;
  readonly session: string;
  /** Seconds since its part of the run began. */
  readonly at: number;
  readonly state: 'completed' | 'failed-by-model' | 'failed-by-harness';
  readonly score: Score;
  /** The scores of the secondary scorers, in their order. */
  readonly secondary: readonly Score[];
  /** The values of the metrics that have one. For every other metric of a completed trial, `absent` has the reason. */
  readonly timings: Readonly<Partial<Record<DistributedMetric, number>>>;
  readonly absent: Readonly<Partial<Record<DistributedMetric, string>>>;
  readonly confidence: Confidence | Missing;
  readonly output: string;
  /** The text that was scored, if filters changed the output; else null. */
  readonly filtered: string | null;
  /** The vote of this answer, if the task decides by a vote; else null. */
  readonly ballot: string | null;
  readonly finish: Completed['finish'] | 'failed';
  readonly failure: { readonly by: 'model' | 'harness'; readonly kind: Failed['kind']; readonly reason: string } | null;
  /** The number of pieces and the count of tokens differ by more than a tenth. */
  readonly tokensDisagree: boolean;
  /** Prompt tokens that came from a cache. */
  readonly cachedTokens: number;
  /** The server counted fewer tokens than the prompt can have: it has cut the prompt. */
  readonly promptCut: boolean;
  /** Output was counted and not sent. */
  readonly unseen: boolean;
  readonly retries: number;
  /** A text that was ranked was longer than the context of the model, so its beginning was cut off. */
  readonly contextCut: boolean;
  /** How many answers were computed side by side, and how many seconds this one took among them. */
  readonly crowd: { readonly size: number; readonly seconds: number } | null;
  /** How many seconds it took to rank the choices, warm and by itself. It is the cost of asking, not the latency of an answer. */
  readonly ranking: number | null;
  /** Whether it is the first request of its session, whose latency is not a warm one. */
  readonly cold: boolean;
}

/** The analysis cuts longer texts; the log keeps them whole. */
const LONGEST = { output: 20_000, answer: 500, reason: 1_000 } as const;

export interface TrialContext {
  /** What the log has about this answer for the scorer that decides, or for a secondary one by its name. */
  readonly evidenceOf: (secondary?: string) => Evidence | undefined;
  readonly sample: SampleRecord;
  readonly taskScorer: TaskScorer;
  readonly price: Price | Missing;
  readonly condition: Condition;
}

/** A log can hold a million trials. Every result is one literal of one shape, which costs far less than spreading parts. */
export function scoreTrial(record: MeasurementRecord, context: TrialContext): TrialResult {
  const { outcome } = record;
  switch (outcome.state) {
    case 'failed':
      return failedTrial(record, outcome, context);
    case 'ranked':
      return rankedTrial(record, outcome, context);
    case 'completed':
      return completedTrial(record, outcome, context);
  }
}

function failedTrial(
  record: MeasurementRecord,
  outcome: Failed,
  { condition, taskScorer }: Pick<TrialContext, 'condition' | 'taskScorer'>,
): TrialResult {
  const { repetition, session, at, cold } = record;
  const { by, kind, first } = outcome;
  const reason = clip(outcome.reason, LONGEST.reason);
  const score: Score = by === 'model' ? { state: 'scored', value: 0, answer: null } : { state: 'unscored', reason };
  return {
    repetition,
    session,
    at,
    state: by === 'model' ? 'failed-by-model' : 'failed-by-harness',
    score,
    secondary: secondaryOf(taskScorer).map(() => score),
    // A first token that was seen was in time, whatever came after it.
    timings: by === 'model' && first !== undefined && spoiltBy(record, condition) === null ? { ttft: first } : {},
    absent: NOTHING_ABSENT,
    confidence: missing('the trial failed'),
    output: clip(outcome.output, LONGEST.output),
    filtered: null,
    ballot: null,
    finish: 'failed',
    failure: { by, kind, reason },
    tokensDisagree: false,
    cachedTokens: 0,
    promptCut: false,
    unseen: false,
    retries: 0,
    contextCut: false,
    crowd: null,
    ranking: null,
    cold: cold === true,
  };
}

function rankedTrial(
  { repetition, session, at, cold }: MeasurementRecord,
  outcome: Ranked,
  context: TrialContext,
): TrialResult {
  const { target } = context.sample;
  const input = { output: '', target, ...evidenceOf(outcome, context.sample) };
  const score = clipAnswer(scoreOf(context, input));
  return {
    repetition,
    session,
    at,
    state: 'completed',
    score,
    secondary: secondaryScores(context, () => input),
    timings: {},
    absent: NOT_TIMED,
    confidence: marginOf(outcome),
    // The model would have given the most likely choice as its answer.
    output: score.state === 'scored' ? (score.answer ?? '') : '',
    filtered: null,
    ballot: null,
    finish: 'stop',
    failure: null,
    tokensDisagree: false,
    cachedTokens: 0,
    promptCut: false,
    unseen: false,
    retries: 0,
    contextCut: outcome.loglikelihoods.some(({ cut }) => cut !== undefined),
    crowd: null,
    ranking: cold || !isAlone(context.condition) ? null : outcome.seconds,
    cold: cold === true,
  };
}

function completedTrial(record: MeasurementRecord, outcome: Completed, context: TrialContext): TrialResult {
  const { repetition, session, at, cold } = record;
  const { sample, evidenceOf, condition } = context;
  const filters = filtersOf(context);
  const text = filterText(filters, outcome.output);
  const { target, fields } = sample;
  const inputWith = (evidence: Evidence | undefined): ScoreInput =>
    evidence ? { output: text, target, fields, evidence } : { output: text, target, fields };
  const { timings, absent } = measure(outcome, {
    price: context.price,
    spoilt: spoiltBy(record, condition),
    crowded: isAlone(condition) ? null : missing(SHARED),
  });
  return {
    repetition,
    session,
    at,
    state: 'completed',
    score: clipAnswer(scoreOf(context, inputWith(evidenceOf()))),
    secondary: secondaryScores(context, (name) => inputWith(evidenceOf(name))),
    timings,
    absent,
    confidence: confidenceOf(outcome),
    output: clip(outcome.output, LONGEST.output),
    filtered: text === outcome.output ? null : clip(text, LONGEST.output),
    ballot: ballotOf(filters, outcome.output),
    finish: outcome.finish,
    failure: null,
    tokensDisagree: countsDisagree(outcome),
    cachedTokens: outcome.cachedTokens ?? 0,
    promptCut: isCut(outcome, sample),
    unseen: outcome.unseenTokens !== undefined,
    retries: outcome.retries?.count ?? 0,
    contextCut: false,
    crowd: crowdOf(condition, outcome),
    ranking: null,
    cold: cold === true,
  };
}

function filtersOf({ taskScorer }: TrialContext): readonly Filter[] {
  return 'missing' in taskScorer ? [] : taskScorer.filters;
}

function scoreOf({ taskScorer }: TrialContext, input: ScoreInput): Score {
  if ('missing' in taskScorer) return { state: 'unscored', reason: taskScorer.missing };
  return judgeOutput(taskScorer.scorer, input, taskScorer.options);
}

function secondaryOf(taskScorer: TaskScorer): readonly SecondaryScorer[] {
  return 'missing' in taskScorer ? [] : taskScorer.secondary;
}

/** @param inputOf what a secondary scorer judges by, by its name. */
function secondaryScores({ taskScorer }: TrialContext, inputOf: (name: string) => ScoreInput): readonly Score[] {
  const scorers = secondaryOf(taskScorer);
  if (scorers.length === 0) return NO_SCORES;
  return scorers.map(({ name, scorer, options }) => clipAnswer(judgeOutput(scorer, inputOf(name), options)));
}

const NO_SCORES: readonly Score[] = [];

function clipAnswer(score: Score): Score {
  if (score.state === 'unscored' || score.answer === null) return score;
  return { ...score, answer: clip(score.answer, LONGEST.answer) };
}

/** The likelihoods in the form that a scorer takes. The ranked choices are in the row, under `choices`. */
function evidenceOf(
  { loglikelihoods, unconditional }: Ranked,
  sample: SampleRecord,
): Pick<ScoreInput, 'fields' | 'evidence'> {
  return {
    fields: { ...sample.fields, choices: sample.continuations?.map(({ choice }) => choice) ?? [] },
    evidence: {
      effect: 'loglikelihoods',
      conditional: loglikelihoods.map(({ sum }) => sum),
      tokens: loglikelihoods.map(({ tokens }) => tokens),
      greedy: loglikelihoods.map(({ greedy }) => greedy),
      ...(unconditional && { unconditional: unconditional.map(({ sum }) => sum) }),
    },
  };
}

const NOT_TIMED = Object.fromEntries(
  DISTRIBUTED.map((metric) => [metric, 'the model ranked choices and wrote no answer']),
) as Record<DistributedMetric, string>;

const NOTHING_ABSENT: TrialResult['absent'] = {};

const MEASURED: readonly { readonly name: DistributedMetric; readonly metric: TrialMetric }[] = DISTRIBUTED.map(
  (name) => ({ name, metric: METRICS[name] }),
);

interface MeasureOptions {
  readonly price: Price | Missing;
  /** Why the latencies of this trial mean nothing; null if they mean something. */
  readonly spoilt: Missing | null;
  /** Why those mean nothing that hold only for a request that ran alone. */
  readonly crowded: Missing | null;
}

/**
 * The value of every metric, or the reason why it has none. A log can hold a million trials, so this allocates only what is
 * kept.
 */
function measure(
  outcome: Completed,
  { price, spoilt, crowded }: MeasureOptions,
): Pick<TrialResult, 'timings' | 'absent'> {
  const timings: Partial<Record<DistributedMetric, number>> = {};
  let absent: Partial<Record<DistributedMetric, string>> | null = null;
  for (const { name, metric } of MEASURED) {
    const reason = (metric.latency ? spoilt : null) ?? (metric.alone ? crowded : null);
    const quantity = admit(metric.compute(outcome, price), reason);
    if (isMissing(quantity)) {
      absent ??= {};
      absent[name] = quantity.missing;
    } else timings[name] = quantity.value;
  }
  return { timings, absent: absent ?? NOTHING_ABSENT };
}

function admit(quantity: Quantity, spoilt: Missing | null): Quantity {
  if (isMissing(quantity)) return quantity;
  if (!Number.isFinite(quantity.value)) return missing(`its formula gives ${quantity.value} for what was measured`);
  return spoilt ?? quantity;
}

/** Why what holds for a request alone has no value under another condition. */
export const SHARED = 'other answers were computed at the same time';

const COLD = missing('only the first request of a session was completed, and it is kept apart');

/** A latency means something only if the model is warm. It belongs to its condition. */
function spoiltBy({ cold }: MeasurementRecord, condition: Condition): Missing | null {
  if (condition.kind !== 'closed') return missing(`it was measured under ${conditionText(condition)}`);
  return cold ? COLD : null;
}

/** Only a closed loop says how many answers were computed side by side. */
function crowdOf(condition: Condition, { timing }: Completed): TrialResult['crowd'] {
  return condition.kind !== 'closed' || isAlone(condition) ? null : { size: condition.requests, seconds: timing.end };
}

function confidenceOf({ logprobs }: Completed): Confidence | Missing {
  if ('missing' in logprobs) return logprobs;
  const { value } = logprobs;
  if (value.length === 0) return missing('the model produced no output');
  return {
    mean: mean(value),
    min: value.reduce((least, one) => Math.min(least, one)),
    sum: sum(value),
    p10: percentile(value, 0.1),
  };
}

function marginOf({ loglikelihoods }: Ranked): Confidence | Missing {
  const [best, next] = loglikelihoods.map((one) => one.sum).sort((a, b) => b - a);
  return best === undefined || next === undefined
    ? missing('a margin needs at least two choices')
    : { margin: best - next };
}

function countsDisagree(outcome: Completed): boolean {
  const { pieces, tokensPerPiece } = outcome.timing;
  const seen = seenTokens(outcome);
  if (isMissing(seen) || pieces.length === 0) return false;
  return !piecesAreTokens(typeof tokensPerPiece === 'object' ? sum(tokensPerPiece) : pieces.length, seen.value);
}

/** Whether a server counted fewer tokens than every tokenizer makes of the whole prompt. */
function isCut({ promptTokens }: Completed, { prompt }: SampleRecord): boolean {
  if ('missing' in promptTokens || promptTokens.source !== 'server') return false;
  const text = isChat(prompt) ? prompt.messages.map(({ content }) => content).join(' ') : prompt.text;
  return text.length > promptTokens.value && leastTokens(text) > promptTokens.value;
}

/** Characters of a token, on an average of a text, are fewer than these; of scripts that write no spaces, and of all others. */
const LONGEST_TOKEN = { unspaced: 4, spaced: 12 };
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/gu;

/** A word is a token at least, and so are some characters of a text without spaces; one that is repeated may be a token however often. */
function leastTokens(text: string): number {
  const words = text.match(/\S+/g)?.length ?? 0;
  const characters = text.replaceAll(/(.)\1+/gsu, '$1').replaceAll(/\s/g, '');
  const unspaced = characters.match(UNSPACED)?.length ?? 0;
  const spaced = characters.length - unspaced;
  return Math.max(words, unspaced / LONGEST_TOKEN.unspaced + spaced / LONGEST_TOKEN.spaced);
}

function clip(text: string, longest: number): string {
  if (text.length <= longest) return text;
  return `${text.slice(0, longest)}… (${text.length - longest} more characters are in the log)`;
}
