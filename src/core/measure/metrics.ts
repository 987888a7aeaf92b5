/**
 * Every metric, described once: its unit, which way is better, how to read it and where its formula comes from. The types,
 * the tables of every report, `rightsize list metrics` and docs/metrics.md all follow this table.
 */
export type Unit = 'score' | 'seconds' | 'tokens' | 'tokens per second' | 'bytes' | 'dollars';

export interface Metric {
  readonly title: string;
  readonly unit: Unit;
  readonly better: 'higher' | 'lower' | 'neither';
  /** What one value belongs to: a trial, or a session (one opened model). */
  readonly of: 'trial' | 'session';
  readonly formula: string;
  readonly read: string;
  readonly source: string;
}

export const METRICS = {
  quality: {
    title: 'Quality',
    unit: 'score',
    better: 'higher',
    of: 'trial',
    formula: 'mean over samples of the mean score over repetitions',
    read: 'The share of the task that was answered right; a failure of the model counts as wrong.',
    source: "the task's scorer; interval: Miller 2024 (arXiv 2411.00640), Wilson 1927",
  },
  ttft: {
    title: 'Time to first token',
    unit: 'seconds',
    better: 'lower',
    of: 'trial',
    formula: 'first non-empty token - due',
    read: 'How long a person looks at nothing; grows with the prompt.',
    source: 'vLLM, inference-perf; counted from due: MLPerf LoadGen',
  },
  itl: {
    title: 'Inter-token latency',
    unit: 'seconds',
    better: 'lower',
    of: 'trial',
    formula: 'median gap between neighbouring tokens of one answer',
    read: 'The rhythm of the stream; its tail is the stutter people see.',
    source: 'vLLM',
  },
  tpot: {
    title: 'Time per output token',
    unit: 'seconds',
    better: 'lower',
    of: 'trial',
    formula: '(e2e - ttft) / (output tokens - 1)',
    read: 'The mean gap, stutter included; an answer of one token has none.',
    source: 'vLLM, inference-perf, MLPerf',
  },
  e2e: {
    title: 'End-to-end latency',
    unit: 'seconds',
    better: 'lower',
    of: 'trial',
    formula: 'last token - due',
    read: 'How long the whole answer took; compare only between answers of similar length.',
    source: 'vLLM, AIPerf',
  },
  prefillRate: {
    title: 'Prefill rate',
    unit: 'tokens per second',
    better: 'higher',
    of: 'trial',
    formula: 'prompt tokens that were read / ttft',
    read: 'How fast the prompt is read; a prompt from a cache that nobody counted reads as impossibly fast.',
    source: 'AIPerf',
  },
  decodeRate: {
    title: 'Decode rate',
    unit: 'tokens per second',
    better: 'higher',
    of: 'trial',
    formula: '(output tokens - 1) / (last token - first token)',
    read: 'How fast the answer is written once it has begun; people read 5 to 10 tokens per second.',
    source: 'MLPerf Client',
  },
  promptTokens: {
    title: 'Prompt tokens',
    unit: 'tokens',
    better: 'neither',
    of: 'trial',
    formula: "the prompt, chat template applied, in the model's own tokens",
    read: 'Tokens of different models are different units: compare times, not rates, across tokenizers.',
    source: 'the engine, the server or the tokenizer; the log says which',
  },
  outputTokens: {
    title: 'Output tokens',
    unit: 'tokens',
    better: 'neither',
    of: 'trial',
    formula: "the answer in the model's own tokens",
    read: 'A longer answer takes longer and costs more.',
    source: 'the engine, the server or the tokenizer; chunks of a stream are never counted as tokens',
  },
  cost: {
    title: 'Cost of a thousand requests',
    unit: 'dollars',
    better: 'lower',
    of: 'trial',
    formula: '1000 x (prompt tokens x input price + output tokens x output price) / 1,000,000',
    read: 'The API price of this workload; a model that runs on your own machine has a price only when you give it one.',
    source: 'the price in models.json, with its date',
  },
  load: {
    title: 'Load time',
    unit: 'seconds',
    better: 'lower',
    of: 'session',
    formula: 'ready - asked to open, in a fresh process',
    read: 'Paid at every start; the second load of a file is faster, for the system has it cached.',
    source: 'Hugging Face Optimum-Benchmark',
  },
  firstRequest: {
    title: 'First request',
    unit: 'seconds',
    better: 'lower',
    of: 'session',
    formula: 'end-to-end latency of the first request of a fresh session',
    read: 'Paid once after every start, and kept out of the other latencies.',
    source: 'Hugging Face Optimum-Benchmark',
  },
  memory: {
    title: 'Peak memory',
    unit: 'bytes',
    better: 'lower',
    of: 'session',
    formula: "VmHWM of the model's process (and of a server that rightsize started)",
    read: 'What the process held at its fullest; mapped weights can be dropped by the system, the anonymous part cannot.',
    source: 'proc(5)',
  },
  memoryAdded: {
    title: 'Memory of the model',
    unit: 'bytes',
    better: 'lower',
    of: 'session',
    formula: 'peak memory - memory before the model was opened',
    read: 'The model, its KV cache and its working memory, without the runtime that was there before.',
    source: 'proc(5)',
  },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof METRICS;

/** The metrics of a trial that have a distribution over the requests of a cell. */
export const DISTRIBUTED = [
  'ttft',
  'itl',
  'tpot',
  'e2e',
  'prefillRate',
  'decodeRate',
  'promptTokens',
  'outputTokens',
  'cost',
] as const satisfies readonly MetricName[];

export type DistributedMetric = (typeof DISTRIBUTED)[number];
