/**
 * The table of all metrics. One entry holds the words of a metric, its unit, how it is computed and summarised, and where it is
 * used. To add a metric, add an entry here and a section to docs/metrics.md. Everything else is derived.
 */
import { isMissing, known, missing } from '../quantity.js';
import { median } from '../stats/estimate/percentiles.js';
import type { Metric, Place } from './metric.js';
import { afterFirst, timeToFirst, timeToLast, tokenGaps } from './timings.js';
import { promptTokensRead } from './window.js';

export const METRICS = {
  quality: {
    title: 'Quality',
    short: 'Quality',
    unit: 'score',
    better: 'higher',
    belongsTo: 'trial',
    formula: 'mean over samples of the mean score over repetitions',
    read: 'The share of the task that the model answers right. A failure of the model counts as wrong.',
    source: "the task's scorer; interval: Miller 2024 (arXiv 2411.00640), Wilson 1927",
    latency: false,
    compute: 'the scorer of the task',
    summary: { kind: 'mean score' },
    shows: ['table', 'terminal', 'criteria', 'chart'],
    limit: { level: null, margin: 0.03 },
    // A test against the margin compares quality. A ratio does not.
    compared: false,
  },
  ttft: {
    title: 'Time to first token',
    short: 'TTFT',
    unit: 'seconds',
    better: 'lower',
    belongsTo: 'trial',
    formula: 'first non-empty token - due',
    read: 'How long a person waits before the first word appears. It grows with the length of the prompt.',
    source: 'vLLM, inference-perf; counted from due: MLPerf LoadGen',
    latency: true,
    compute: timeToFirst,
    summary: { kind: 'distribution', level: 'median' },
    shows: ['table', 'terminal', 'criteria', 'chart'],
    limit: { level: 'p95', margin: 0.1 },
    compared: true,
  },
  itl: {
    title: 'Inter-token latency',
    short: 'ITL',
    unit: 'seconds',
    better: 'lower',
    belongsTo: 'trial',
    formula: 'median gap between neighbouring tokens of one answer',
    read: 'How evenly the text appears. Its high percentiles are the stutter that people see.',
    source: 'vLLM',
    latency: true,
    compute: (completed) => {
      const gaps = tokenGaps(completed);
      if (gaps.length > 0) return known(median(gaps));
      return missing(
        completed.timing.pieces.length > 1
          ? 'the pieces of the answers hold several tokens, or the server does not tell how many'
          : 'fewer than two tokens with a timestamp of their own',
      );
    },
    summary: { kind: 'distribution', level: 'median' },
    shows: ['table', 'chart'],
    limit: null,
    compared: false,
  },
  tpot: {
    title: 'Time per output token',
    short: 'TPOT',
    unit: 'seconds',
    better: 'lower',
    belongsTo: 'trial',
    formula: '(e2e - ttft) / (output tokens - 1)',
    read: 'The mean gap between tokens, with the stutter. An answer of one token has no gap.',
    source: 'vLLM, inference-perf, MLPerf',
    latency: true,
    compute: (completed) => {
      const after = afterFirst(completed);
      return isMissing(after) ? after : known(after.seconds / after.tokens);
    },
    summary: { kind: 'distribution', level: 'median' },
    shows: [],
    limit: null,
    compared: false,
  },
  e2e: {
    title: 'End-to-end latency',
    short: 'E2E',
    unit: 'seconds',
    better: 'lower',
    belongsTo: 'trial',
    formula: 'last token - due',
    read: 'How long the whole answer takes. Compare it only between answers of similar length.',
    source: 'vLLM, AIPerf',
    latency: true,
    compute: timeToLast,
    summary: { kind: 'distribution', level: 'median' },
    shows: ['table', 'terminal', 'criteria', 'chart'],
    limit: { level: 'p95', margin: 0.05 },
    compared: true,
  },
  prefillRate: {
    title: 'Prefill rate',
    short: 'prefill tok/s',
    unit: 'tokens per second',
    better: 'higher',
    belongsTo: 'trial',
    formula: 'prompt tokens that were read / ttft',
    read: 'How fast the model reads the prompt. If it came from a cache that nobody counted, the rate looks impossibly high.',
    source: 'AIPerf',
    latency: true,
    alone: true,
    compute: (completed) => {
      const first = timeToFirst(completed);
      const read = promptTokensRead(completed);
      if (isMissing(first)) return first;
      if (isMissing(read)) return read;
      return first.value > 0 ? known(read.value / first.value) : missing('the first token took no time');
    },
    summary: { kind: 'distribution', level: 'median' },
    shows: ['table', 'chart'],
    limit: null,
    compared: false,
  },
  decodeRate: {
    title: 'Decode rate',
    short: 'tok/s',
    unit: 'tokens per second',
    better: 'higher',
    belongsTo: 'trial',
    formula: '(output tokens - 1) / (last token - first token)',
    read: 'How fast the model writes after the first token. People read 5 to 10 tokens per second.',
    source: 'MLPerf Client',
    latency: true,
    compute: (completed) => {
      const after = afterFirst(completed);
      return isMissing(after) ? after : known(after.tokens / after.seconds);
    },
    summary: { kind: 'distribution', level: 'median' },
    shows: ['table', 'terminal', 'criteria', 'chart'],
    limit: { level: 'median', margin: 0.05 },
    compared: true,
  },
  promptTokens: {
    title: 'Prompt tokens',
    short: 'Prompt',
    unit: 'tokens',
    better: 'neither',
    belongsTo: 'trial',
    formula: "the prompt, chat template applied, in the model's own tokens",
    read: 'Tokens of different models are different units. Across tokenizers, compare times and not rates.',
    source: 'the engine, the server or the tokenizer; the log says which',
    latency: false,
    compute: ({ promptTokens }) => promptTokens,
    summary: { kind: 'distribution', level: 'median' },
    shows: ['table'],
    limit: null,
    compared: false,
  },
  outputTokens: {
    title: 'Output tokens',
    short: 'Output',
    unit: 'tokens',
    better: 'neither',
    belongsTo: 'trial',
    formula: "the answer in the model's own tokens",
    read: 'A longer answer takes longer and costs more.',
    source: 'the engine, the server or the tokenizer; chunks of a stream are never counted as tokens',
    latency: false,
    compute: ({ outputTokens }) => outputTokens,
    summary: { kind: 'distribution', level: 'median' },
    shows: ['table'],
    limit: null,
    compared: false,
  },
  cost: {
    title: 'Cost of a thousand requests',
    short: 'Cost',
    unit: 'dollars',
    better: 'lower',
    belongsTo: 'trial',
    formula: '1000 x (prompt tokens x input price + output tokens x output price) / 1,000,000',
    read: 'What this workload costs at the price in models.json. A model on your own machine has a price only if you give it one.',
    source: 'the price in models.json, with its date',
    latency: false,
    compute: ({ promptTokens, outputTokens }, price) => {
      if (isMissing(price)) return price;
      if ('missing' in promptTokens) return missing(promptTokens.missing);
      if ('missing' in outputTokens) return missing(outputTokens.missing);
      return known((1000 * (promptTokens.value * price.input + outputTokens.value * price.output)) / 1e6);
    },
    summary: { kind: 'distribution', level: 'mean' },
    shows: ['table', 'criteria', 'chart'],
    limit: { level: null, margin: 0.05 },
    compared: true,
  },
  load: {
    title: 'Load time',
    short: 'Load',
    unit: 'seconds',
    better: 'lower',
    belongsTo: 'session',
    formula: 'ready - asked to open, in a fresh process',
    read: 'You pay it at every start. The second load of a file is faster, because the operating system has cached it.',
    source: 'Hugging Face Optimum-Benchmark',
    latency: false,
    compute: ({ load }) => load,
    summary: { kind: 'spread', value: 'median' },
    shows: ['criteria', 'models'],
    limit: null,
    compared: false,
  },
  firstRequest: {
    title: 'First request',
    short: 'First request',
    unit: 'seconds',
    better: 'lower',
    belongsTo: 'session',
    formula: 'end-to-end latency of the first request of a fresh session',
    read: 'You pay it once after every start. It is kept out of the other latencies.',
    source: 'Hugging Face Optimum-Benchmark',
    latency: false,
    compute: ({ firstRequest }) => firstRequest,
    summary: { kind: 'spread', value: 'median' },
    shows: ['models'],
    limit: null,
    compared: false,
  },
  memory: {
    title: 'Peak memory',
    short: 'Memory',
    unit: 'bytes',
    better: 'lower',
    belongsTo: 'session',
    formula: "VmHWM of the model's process (and of a server that rightsize started)",
    read: 'The most memory that the process held. The operating system can drop mapped weights, but not the anonymous part.',
    source: 'proc(5)',
    latency: false,
    compute: ({ peak }) => (isMissing(peak) ? peak : peak.resident),
    summary: { kind: 'spread', value: 'max' },
    shows: ['terminal', 'criteria', 'models', 'chart'],
    limit: { level: null, margin: 0.05 },
    compared: true,
  },
  memoryAdded: {
    title: 'Memory of the model',
    short: 'Added memory',
    unit: 'bytes',
    better: 'lower',
    belongsTo: 'session',
    formula: 'peak memory - memory before the model was opened',
    read: 'The memory of the model, its KV cache and its buffers, without the runtime that was loaded before.',
    source: 'proc(5)',
    latency: false,
    compute: ({ baseline, peak }) => {
      if (isMissing(baseline.resident)) return baseline.resident;
      if (isMissing(peak)) return peak;
      if (isMissing(peak.resident)) return peak.resident;
      const added = peak.resident.value - baseline.resident.value;
      return added >= 0
        ? known(added)
        : missing('the peak is below the baseline, so they come from different processes');
    },
    summary: { kind: 'spread', value: 'max' },
    shows: ['models'],
    limit: null,
    compared: false,
  },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof METRICS;

/** The names of all metrics whose entry has these parts. */
type WithParts<Parts> = { [Name in MetricName]: (typeof METRICS)[Name] extends Parts ? Name : never }[MetricName];

/** A metric with a distribution over the requests of a cell. */
export type DistributedMetric = WithParts<{ readonly summary: { readonly kind: 'distribution' } }>;
/** A metric with one value for each session. */
export type MetricOfSession = WithParts<{ readonly belongsTo: 'session' }>;
/** A metric that a suite may limit. */
export type LimitedMetric = WithParts<{ readonly limit: object }>;
/** A metric of a request that the engine and the machine decide, and that a suite may limit. */
export type SpeedMetric = Extract<LimitedMetric, DistributedMetric & WithParts<{ readonly latency: true }>>;
/** A metric by which an SLM is compared with its LLM. */
export type ComparedMetric = WithParts<{ readonly compared: true }>;

export const METRIC_NAMES: readonly MetricName[] = Object.keys(METRICS) as MetricName[];

export const DISTRIBUTED = METRIC_NAMES.filter(isDistributed);
export const OF_SESSION = METRIC_NAMES.filter(isOfSession);
export const LIMITED = METRIC_NAMES.filter((name): name is LimitedMetric => METRICS[name].limit !== null);
export const SPEED_METRICS = LIMITED.filter(
  (name): name is SpeedMetric => METRICS[name].latency && isDistributed(name),
);
export const COMPARED = METRIC_NAMES.filter((name): name is ComparedMetric => METRICS[name].compared);

export function isDistributed(name: MetricName): name is DistributedMetric {
  return METRICS[name].summary.kind === 'distribution';
}

export function isOfSession(name: MetricName): name is MetricOfSession {
  return METRICS[name].belongsTo === 'session';
}

export function isShownIn(place: Place, name: MetricName): boolean {
  const { shows }: Metric = METRICS[name];
  return shows.includes(place);
}
