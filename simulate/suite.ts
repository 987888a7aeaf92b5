/** Suites drawn at random, as the analysis of a run would have them: no log, no engine, only scores and latencies. */
import type {
  Analysis,
  Cell,
  ModelAnalysis,
  SampleInfo,
  SampleResult,
  TaskAnalysis,
} from '../src/core/analyse/analysis.js';
import { distributionOf, NOT_LATE } from '../src/core/analyse/distribution.js';
import { ALONE } from '../src/core/definition/condition.js';
import { modelSchema } from '../src/core/definition/model.js';
import { requirementSchema } from '../src/core/definition/requirement.js';
import type { RunSettings } from '../src/core/log/log.js';
import { DISTRIBUTED } from '../src/core/measure/metrics.js';
import { isMissing, missing } from '../src/core/quantity.js';
import { estimateScore } from '../src/core/stats/estimate/estimators.js';

/** One answer of a model. */
export interface Answer {
  /** Null if the answer was lost. */
  readonly score: number | null;
  /** Repetitions without a score; there is one repetition otherwise. */
  readonly repetitions?: number;
  readonly seconds?: number;
  readonly confidence?: number;
}

export interface DrawnTask {
  readonly name: string;
  /** The group of each sample; null where it stands alone. */
  readonly groups: readonly (number | null)[];
  /** By model, an answer to each sample. */
  readonly answers: Readonly<Record<string, readonly Answer[]>>;
}

export interface DrawnSuite {
  readonly requirement: Parameters<typeof requirementSchema.parse>[0];
  /** Every other model is an SLM. */
  readonly large: readonly string[];
  /** The peak memory of models, in bytes. */
  readonly memory?: Readonly<Record<string, number>>;
  readonly tasks: readonly DrawnTask[];
  readonly settings?: Partial<RunSettings>;
}

export function analysisOf({ requirement, large, memory = {}, tasks, settings }: DrawnSuite): Analysis {
  const ids = Object.keys(tasks[0]!.answers);
  const parsed = requirementSchema.parse(requirement);
  return {
    run: {
      id: 'simulated',
      started: '2026-01-01T00:00:00.000Z',
      command: [],
      resumptions: [],
      settings: { seed: 0, repetitions: 1, warmup: 0, limit: null, ...settings },
      environment: ENVIRONMENT,
      trials: { planned: 0, recorded: 0 },
      ended: { complete: true },
    },
    suites: [
      {
        name: 'simulated',
        title: 'simulated',
        description: null,
        requirement: parsed,
        tasks: tasks.map((task) => taskOf(task, parsed.limits)),
        overall: [],
        parity: [],
      },
    ],
    models: ids.map((id) => modelOf(id, { kind: large.includes(id) ? 'llm' : 'slm', memory: memory[id] })),
    machines: [],
    warnings: [],
    circumstances: [],
  };
}

function taskOf({ name, groups, answers }: DrawnTask, limits: TaskAnalysis['limits']): TaskAnalysis {
  const samples = samplesOf(groups);
  return {
    suite: 'simulated',
    name,
    description: null,
    scorer: 'exact',
    maxTokens: 1,
    limits,
    samples,
    data: { source: 'drawn', hash: '', count: samples.length },
    cells: Object.entries(answers).map(([model, own]) => cellOf(name, model, own)),
    otherConditions: [],
  };
}

function samplesOf(groups: DrawnTask['groups']): readonly SampleInfo[] {
  return groups.map((group, i) => ({
    id: `s${i}`,
    group: group === null ? null : `${group}`,
    target: null,
    fields: {},
    messages: [],
    promptHash: `${i}`,
    hash: `${i}`,
  }));
}

const NOT_DRAWN = missing('it was not drawn');

function cellOf(task: string, model: string, answers: readonly Answer[]): Cell {
  const results = answers.map(resultOf);
  const scores = results.flatMap(({ score }) => (score === null ? [] : [score]));
  const quality = estimateScore(scores);
  const times = answers.flatMap(({ seconds }) => (seconds === undefined ? [] : [seconds]));
  const e2e = times.length === 0 ? NOT_DRAWN : distributionOf([times], { serial: false, late: NOT_LATE });
  return {
    suite: 'simulated',
    task,
    model,
    trials: {
      planned: answers.length,
      recorded: answers.length,
      completed: scores.length,
      failedByModel: 0,
      failedByHarness: answers.length - scores.length,
      unjudged: 0,
    },
    failures: [],
    quality: isMissing(quality) ? NOT_DRAWN : quality,
    metrics: Object.fromEntries(
      DISTRIBUTED.map((metric) => [metric, metric === 'e2e' ? e2e : NOT_DRAWN]),
    ) as unknown as Cell['metrics'],
    condition: ALONE,
    machine: null,
    elsewhere: [],
    ttftLine: NOT_DRAWN,
    gaps: NOT_DRAWN,
    throughput: NOT_DRAWN,
    aggregates: {},
    results,
    warnings: [],
  };
}

function resultOf({ score, repetitions = 1, seconds, confidence }: Answer): SampleResult {
  return {
    repetitions,
    unscored: score === null ? repetitions : 0,
    score,
    failure: null,
    output: '',
    answer: null,
    finish: 'stop',
    timings: seconds === undefined ? {} : { e2e: seconds },
    confidence: confidence === undefined ? NOT_DRAWN : { mean: confidence },
  };
}

function modelOf(
  id: string,
  { kind, memory }: { readonly kind: 'slm' | 'llm'; readonly memory: number | undefined },
): ModelAnalysis {
  const absent = { resident: NOT_DRAWN, anonymous: NOT_DRAWN, fileMapped: NOT_DRAWN, gpu: NOT_DRAWN };
  return {
    id,
    title: id,
    class: kind,
    entry: modelSchema.parse({ id, class: kind, backend: 'scripted' }),
    sessions: 1,
    origin: { model: id, run: 'simulated' },
    machine: null,
    elsewhere: [],
    metrics: {
      load: NOT_DRAWN,
      firstRequest: NOT_DRAWN,
      memory: memory === undefined ? NOT_DRAWN : { median: memory, min: memory, max: memory, n: 1 },
      memoryAdded: NOT_DRAWN,
    },
    memory: { baseline: absent, loaded: absent, peak: absent },
    facts: null,
    crashes: [],
    failures: [],
    drift: NOT_DRAWN,
    warnings: [],
  };
}

const ENVIRONMENT: Analysis['run']['environment'] = {
  rightsize: '',
  node: '',
  engines: {},
  os: '',
  cpu: { model: '', cores: 1, governor: NOT_DRAWN },
  memory: { total: 1, free: 1 },
  gpu: NOT_DRAWN,
  load: NOT_DRAWN,
  noise: [],
};
