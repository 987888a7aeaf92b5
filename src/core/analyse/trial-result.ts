/**
 * One measurement, judged: its score, its timings and how sure the model was. A model that failed is wrong and scores 0;
 * what broke on our side is unscored, and keeps its reason.
 */
import type { MeasurementRecord, SampleRecord } from '../measure/log.js';
import type { Completed, Failed, Ranked } from '../measure/measurement.js';
import type { Price, TrialMetric } from '../measure/metric.js';
import { DISTRIBUTED, type DistributedMetric, METRICS } from '../measure/metrics.js';
import { isMissing, type Missing, missing } from '../quantity.js';
import { ballotOf, type Filter, filterText } from '../score/filters.js';
import type { Evidence, Score, ScoreInput, Scorer } from '../score/score.js';
import { mean, sum } from '../stats/basics/moments.js';
import { percentile } from '../stats/estimate/percentiles.js';
import type { Confidence } from './analysis.js';

/** A scorer with its options read, as a task chose it, and what stands before it; or why the task cannot be scored. */
export type TaskScorer =
  | { readonly scorer: Scorer; readonly options: unknown; readonly filters: readonly Filter[] }
  | Missing;

export interface TrialResult {
  readonly repetition: number;
  readonly session: number;
  /** Seconds since the run began. */
  readonly at: number;
  readonly state: 'completed' | 'failed-by-model' | 'failed-by-harness';
  readonly score: Score;
  /** What is known of each metric; what is absent has its reason in `absent`. */
  readonly timings: Readonly<Partial<Record<DistributedMetric, number>>>;
  readonly absent: Readonly<Partial<Record<DistributedMetric, string>>>;
  readonly confidence: Confidence | Missing;
  readonly output: string;
  /** The text that was scored, where filters made another of the output. */
  readonly filtered: string | null;
  /** What it says where the answers of a sample are put to the vote. */
  readonly ballot: string | null;
  readonly finish: Completed['finish'] | 'failed';
  readonly failure: { readonly by: 'model' | 'harness'; readonly kind: Failed['kind']; readonly reason: string } | null;
  /** Pieces of the stream and tokens counted differ by more than a tenth, though each piece was said to be one token. */
  readonly tokensDisagree: boolean;
  readonly retries: number;
  /** A text that was ranked was longer than the model's context, and lost its beginning. */
  readonly contextCut: boolean;
  /** How many answers were computed side by side, and the seconds this one took among them: no latency of its own. */
  readonly crowd: { readonly size: number; readonly seconds: number } | null;
  /** Seconds that ranking its choices took, one sample at a time and warm: no latency of an answer, but what asking costs. */
  readonly ranking: number | null;
  /** The first request of its session: its latency is not that of the warm ones. */
  readonly cold: boolean;
}

/** Longer texts are cut in the analysis; the log keeps them whole. */
const LONGEST = { output: 20_000, answer: 500, reason: 1_000 } as const;

export interface TrialContext {
  /** What the log holds beside the answer. */
  readonly evidence?: Evidence | undefined;
  readonly sample: SampleRecord;
  readonly taskScorer: TaskScorer;
  readonly price: Price | Missing;
}

/** A log can hold a million trials: each is written out as one object of one shape, which costs far less than spreading parts. */
export function scoreTrial(record: MeasurementRecord, context: TrialContext): TrialResult {
  const { outcome } = record;
  switch (outcome.state) {
    case 'failed':
      return failedTrial(record, outcome);
    case 'ranked':
      return rankedTrial(record, outcome, context);
    case 'completed':
      return completedTrial(record, outcome, context);
  }
}

function failedTrial({ repetition, session, at, cold }: MeasurementRecord, outcome: Failed): TrialResult {
  const { by, kind } = outcome;
  const reason = clip(outcome.reason, LONGEST.reason);
  return {
    repetition,
    session,
    at,
    state: by === 'model' ? 'failed-by-model' : 'failed-by-harness',
    score: by === 'model' ? { state: 'scored', value: 0, answer: null } : { state: 'unscored', reason },
    timings: {},
    absent: NOTHING_ABSENT,
    confidence: missing('the trial failed'),
    output: clip(outcome.output, LONGEST.output),
    filtered: null,
    ballot: null,
    finish: 'failed',
    failure: { by, kind, reason },
    tokensDisagree: false,
    retries: 0,
    contextCut: false,
    crowd: null,
    ranking: null,
    cold: cold === true,
  };
}

function rankedTrial(
  { repetition, session, at, cold, concurrency = 1 }: MeasurementRecord,
  outcome: Ranked,
  context: TrialContext,
): TrialResult {
  const { target } = context.sample;
  const score = clipAnswer(scoreOf(context, { output: '', target, ...evidenceOf(outcome, context.sample) }));
  return {
    repetition,
    session,
    at,
    state: 'completed',
    score,
    timings: {},
    absent: NOT_TIMED,
    confidence: marginOf(outcome),
    // The choice that was most likely is what the model would have said.
    output: score.state === 'scored' ? (score.answer ?? '') : '',
    filtered: null,
    ballot: null,
    finish: 'stop',
    failure: null,
    tokensDisagree: false,
    retries: 0,
    contextCut: outcome.loglikelihoods.some(({ cut }) => cut !== undefined),
    crowd: null,
    ranking: cold || concurrency > 1 ? null : outcome.seconds,
    cold: cold === true,
  };
}

function completedTrial(record: MeasurementRecord, outcome: Completed, context: TrialContext): TrialResult {
  const { repetition, session, at, cold, concurrency = 1 } = record;
  const { sample, evidence } = context;
  const filters = filtersOf(context);
  const text = filterText(filters, outcome.output);
  const { target, fields } = sample;
  const { timings, absent } = measure(outcome, { price: context.price, spoilt: spoiltBy(record) });
  return {
    repetition,
    session,
    at,
    state: 'completed',
    score: clipAnswer(
      scoreOf(context, evidence ? { output: text, target, fields, evidence } : { output: text, target, fields }),
    ),
    timings,
    absent,
    confidence: confidenceOf(outcome),
    output: clip(outcome.output, LONGEST.output),
    filtered: text === outcome.output ? null : clip(text, LONGEST.output),
    ballot: ballotOf(filters, outcome.output),
    finish: outcome.finish,
    failure: null,
    tokensDisagree: countsDisagree(outcome),
    retries: outcome.retries?.count ?? 0,
    contextCut: false,
    crowd: concurrency > 1 ? { size: concurrency, seconds: outcome.timing.end } : null,
    ranking: null,
    cold: cold === true,
  };
}

function filtersOf({ taskScorer }: TrialContext): readonly Filter[] {
  return 'missing' in taskScorer ? [] : taskScorer.filters;
}

function scoreOf({ taskScorer }: TrialContext, input: ScoreInput): Score {
  if ('missing' in taskScorer) return { state: 'unscored', reason: taskScorer.missing };
  try {
    return taskScorer.scorer.score(input, taskScorer.options);
  } catch (error) {
    return { state: 'unscored', reason: error instanceof Error ? error.message : String(error) };
  }
}

function clipAnswer(score: Score): Score {
  if (score.state === 'unscored' || score.answer === null) return score;
  return { ...score, answer: clip(score.answer, LONGEST.answer) };
}

/** The likelihoods as a scorer takes them; the choices that were ranked stand in the row under `choices`. */
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
  DISTRIBUTED.map((metric) => [metric, 'log-likelihoods were measured, not speed']),
) as Record<DistributedMetric, string>;

const NOTHING_ABSENT: TrialResult['absent'] = {};

const MEASURED: readonly { readonly name: DistributedMetric; readonly metric: TrialMetric }[] = DISTRIBUTED.map(
  (name) => ({ name, metric: METRICS[name] }),
);

interface MeasureOptions {
  readonly price: Price | Missing;
  /** Why the latencies of this trial mean nothing; null where they do. */
  readonly spoilt: string | null;
}

/**
 * The value of every metric, or the reason why it has none. A log can hold a million trials: nothing is made here that is
 * not kept.
 */
function measure(outcome: Completed, { price, spoilt }: MeasureOptions): Pick<TrialResult, 'timings' | 'absent'> {
  const timings: Partial<Record<DistributedMetric, number>> = {};
  let absent: Partial<Record<DistributedMetric, string>> | null = null;
  for (const { name, metric } of MEASURED) {
    const quantity = metric.compute(outcome, price);
    const reason = isMissing(quantity)
      ? quantity.missing
      : !Number.isFinite(quantity.value)
        ? `its formula gives ${quantity.value} for what was measured`
        : metric.latency
          ? spoilt
          : null;
    if (reason !== null) {
      absent ??= {};
      absent[name] = reason;
    } else if (!isMissing(quantity)) timings[name] = quantity.value;
  }
  return { timings, absent: absent ?? NOTHING_ABSENT };
}

const COLD = 'only the first request of a session was completed, and it is kept apart';

/** A latency is that of a warm model that answers one request at a time. */
function spoiltBy({ cold, concurrency = 1 }: MeasurementRecord): string | null {
  if (concurrency > 1) return `${concurrency} answers were computed at a time`;
  return cold ? COLD : null;
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
    ? missing('one text alone has no margin over another')
    : { margin: best - next };
}

function countsDisagree({ outputTokens, timing }: Completed): boolean {
  if ('missing' in outputTokens || timing.pieces.length === 0 || timing.tokensPerPiece === 'unknown') return false;
  const streamed = timing.tokensPerPiece ? sum(timing.tokensPerPiece) : timing.pieces.length;
  // An end token has no text: one token more than pieces is no disagreement.
  return Math.abs(outputTokens.value - streamed) > Math.max(1, 0.1 * outputTokens.value);
}

function clip(text: string, longest: number): string {
  if (text.length <= longest) return text;
  return `${text.slice(0, longest)}… (${text.length - longest} more characters are in the log)`;
}
