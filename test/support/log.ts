/**
 * Logs made to order: a run whose models are right as often, as fast and as sure as a test wants them. The same order gives
 * the same log. Nothing here measures anything; for real logs see the runs in test/golden.
 */

import type { z } from 'zod';
import type { Model } from '../../src/core/definition/model.js';
import { modelSchema } from '../../src/core/definition/model.js';
import { type Requirement, requirementSchema } from '../../src/core/definition/requirement.js';
import { taskSchema } from '../../src/core/definition/suite.js';
import type {
  Environment,
  LoggedSuite,
  LogRecord,
  MeasurementRecord,
  SampleRecord,
  SessionFacts,
} from '../../src/core/log/log.js';
import type { MemoryReading, Outcome } from '../../src/core/measure/measurement.js';
import { createRandom, shuffle } from '../../src/core/stats/basics/random.js';

export interface LogOrder {
  readonly id?: string;
  readonly suite?: string;
  readonly requirement?: z.input<typeof requirementSchema>;
  readonly tasks: readonly TaskOrder[];
  readonly models: readonly ModelOrder[];
  readonly repetitions?: number;
  /** The default is `closed 1`. */
  readonly condition?: string;
  /** Leaves out the last part of the measurements and the end. */
  readonly cutAfter?: number;
  readonly seed?: number;
  readonly environment?: Partial<Environment>;
  /** The id of the machine; machines of one processor are one where it is absent. */
  readonly machine?: string;
}

export interface TaskOrder {
  readonly name: string;
  readonly samples: number;
  /** Right answers are one of these, in turn; without them each sample has an answer of its own. */
  readonly classes?: readonly string[];
  /** Samples of one group; 1 for no groups. */
  readonly groupSize?: number;
  readonly limits?: z.input<typeof requirementSchema>['limits'];
}

export interface ModelOrder {
  readonly id: string;
  readonly class?: 'slm' | 'llm';
  readonly parameters?: number;
  /** Share of right answers, by task; or one for all. */
  readonly quality: number | Readonly<Record<string, number>>;
  /** Seconds. */
  readonly ttft?: number;
  readonly itl?: number;
  readonly tokens?: number;
  /** How well confidence tells right from wrong: 0 not at all, 1 wholly. */
  readonly sureness?: number | null;
  readonly memory?: number | null;
  readonly facts?: Partial<SessionFacts>;
  readonly price?: { readonly input: number; readonly output: number };
  /** What happens to a trial instead of an answer. */
  readonly outcome?: (sample: string, outcome: Outcome) => Outcome;
  readonly entry?: Readonly<Record<string, unknown>>;
}

const environment: Environment = {
  rightsize: '0.1.0',
  node: '20.18.1',
  engines: { 'node-llama-cpp': '3.22.1' },
  os: 'Linux 6.1 x64',
  cpu: { model: 'Example CPU', cores: 2, governor: { missing: 'no cpufreq on this machine' } },
  memory: { total: 8 * 2 ** 30, free: 6 * 2 ** 30 },
  gpu: { missing: 'no GPU was found' },
  load: { value: 0.4 },
  noise: [],
};

export function makeLog(order: LogOrder): LogRecord[] {
  const suiteName = order.suite ?? 'desk';
  const repetitions = order.repetitions ?? 1;
  const requirement: Requirement = requirementSchema.parse(order.requirement ?? {});
  const models = order.models.map(modelOf);
  const id = order.id ?? '2026-11-22T09-08-57';
  const here: Environment = { ...environment, ...order.environment };
  const machine = order.machine ?? `machine with ${here.cpu.model}`;
  const sessionId = (index: number) => `${id} session ${index + 1}`;
  const suite: LoggedSuite = {
    name: suiteName,
    requirement,
    tasks: order.tasks.map((task) => ({
      ...taskSchema.parse({
        name: task.name,
        prompt: { user: '{{ text }}' },
        samples: [{ text: '' }],
        scorer: 'exact',
        limits: task.limits ?? {},
      }),
      samples: { count: task.samples, hash: 'a'.repeat(64), source: 'inline' },
    })),
  };
  const records: LogRecord[] = [
    {
      type: 'run',
      version: 2,
      id,
      started: '2026-11-22T09:08:57.000Z',
      command: ['rightsize', 'run'],
      suites: [suite],
      models,
      directories: {},
      settings: {
        seed: order.seed ?? 0,
        repetitions,
        warmup: 1,
        limit: null,
        ...(order.condition && { condition: order.condition }),
      },
      machine,
    },
    { type: 'machine', machine, environment: here },
  ];
  const measurements: LogRecord[] = [];
  order.models.forEach((model, index) => {
    const session = sessionId(index);
    measurements.push(...sessionOf(model, { session, machine, order: index + 1 }));
    for (const task of order.tasks) {
      if (index === 0) measurements.push(...samplesOf(suiteName, task));
      measurements.push(
        ...trialsOf(suiteName, task, model, {
          session,
          order: index + 1,
          repetitions,
          seed: order.seed ?? 0,
          condition: order.condition,
        }),
      );
    }
    measurements.push({
      type: 'session-end',
      session,
      model: model.id,
      memory: { peak: memory(model, 1), final: memory(model, 0.9) },
      latency: {},
      loopDelay: { runner: { value: 0.001 }, worker: { value: 0.001 } },
    });
  });
  if (order.cutAfter !== undefined) return [...records, ...measurements.slice(0, order.cutAfter)];
  return [...records, ...measurements, { type: 'end', complete: true, reason: 'all trials were run' }];
}

function modelOf(order: ModelOrder): Model {
  return modelSchema.parse({
    id: order.id,
    class: order.class,
    parameters: order.parameters,
    backend: 'scripted',
    price: order.price && { ...order.price, date: '2026-11-01', source: 'https://example.com/prices' },
    ...order.entry,
  });
}

function memory(order: ModelOrder, share: number): MemoryReading {
  if (order.memory === null) {
    const absent = { missing: 'the model runs on another machine' };
    return { resident: absent, anonymous: absent, fileMapped: absent, gpu: absent };
  }
  const resident = 60e6 + (order.memory ?? 100e6) * share;
  return {
    resident: { value: Math.round(resident) },
    anonymous: { value: Math.round(resident * 0.6) },
    fileMapped: { value: Math.round(resident * 0.4) },
    gpu: { missing: 'no GPU was found' },
  };
}

function sessionOf(
  model: ModelOrder,
  { session, machine, order }: { readonly session: string; readonly machine: string; readonly order: number },
): LogRecord[] {
  return [
    {
      type: 'session',
      session,
      model: model.id,
      machine,
      load: { value: 0.2 * order },
      firstRequest: { value: 0.05 * order },
      warmup: 1,
      memory: { baseline: memory(model, 0), loaded: memory(model, 0.8) },
      facts: {
        engine: 'scripted 0.1.0',
        device: 'cpu',
        threads: { value: 2 },
        context: { value: 4096 },
        chatTemplateHash: { missing: 'a script has no chat template' },
        cannot: {},
        network: 'none',
        warnings: [],
        ...model.facts,
      },
    },
  ];
}

function sampleName(task: TaskOrder, i: number): string {
  return `${task.name}-${String(i + 1).padStart(4, '0')}`;
}

function targetOf({ classes }: TaskOrder, i: number): string {
  return classes === undefined ? `answer ${i}` : classes[i % classes.length]!;
}

function wrongAnswer({ classes }: TaskOrder, i: number): string {
  return classes === undefined ? `not sure about ${i}` : (classes[(i * 7 + 1) % classes.length] ?? 'other');
}

function samplesOf(suite: string, task: TaskOrder): SampleRecord[] {
  return Array.from({ length: task.samples }, (_, i) => ({
    type: 'sample',
    suite,
    task: task.name,
    sample: sampleName(task, i),
    group: (task.groupSize ?? 1) > 1 ? `g${Math.floor(i / task.groupSize!)}` : null,
    target: targetOf(task, i),
    fields: { text: `question ${i}`, target: targetOf(task, i) },
    prompt: { messages: [{ role: 'user', content: `question ${i}` }] },
    promptHash: `${task.name}-${i}`,
    hash: `row ${i} of ${task.name}`,
  }));
}

function trialsOf(
  suite: string,
  task: TaskOrder,
  model: ModelOrder,
  at: {
    readonly session: string;
    readonly order: number;
    readonly repetitions: number;
    readonly seed: number;
    readonly condition: string | undefined;
  },
): MeasurementRecord[] {
  const quality = typeof model.quality === 'number' ? model.quality : (model.quality[task.name] ?? 0);
  // How hard a sample is belongs to the sample: models of a pair agree more often than chance has it.
  const hardness = createRandom(at.seed, 'hardness', task.name);
  const random = createRandom(at.seed, model.id, task.name);
  const records: MeasurementRecord[] = [];
  let clock = at.order * 100;
  for (let i = 0; i < task.samples; i++) {
    const shared = hardness.uniform();
    for (let repetition = 1; repetition <= at.repetitions; repetition++) {
      const own = random.uniform();
      const right = isRight(shared, own, quality);
      const tokens = model.tokens ?? 12;
      const ttft = (model.ttft ?? 0.02) * (0.8 + 0.4 * random.uniform());
      const pieces = [ttft];
      while (pieces.length < tokens)
        pieces.push(pieces.at(-1)! + (model.itl ?? 0.002) * (0.8 + 0.4 * random.uniform()));
      const noise = random.uniform();
      const sureness = model.sureness ?? 0.7;
      const confidence = sureness * (right ? 1 : 0) + (1 - sureness) * noise;
      const sample = sampleName(task, i);
      const completed: Outcome = {
        state: 'completed',
        output: right ? targetOf(task, i) : wrongAnswer(task, i),
        finish: 'stop',
        promptTokens: { value: 40 + (i % 7), source: 'engine' },
        outputTokens: { value: tokens, source: 'engine' },
        timing: { sent: 0, pieces, end: pieces.at(-1)! },
        logprobs:
          model.sureness === null
            ? { missing: 'the server gives no log-probabilities' }
            : { value: pieces.map((_, k) => -(1.05 - confidence) * (1 + (k % 3) / 10)) },
      };
      clock += pieces.at(-1)!;
      records.push({
        type: 'measurement',
        trial: `${suite}/${task.name}/${sample}@${model.id}#${repetition}${at.condition ? ` ${at.condition}` : ''}`,
        suite,
        task: task.name,
        sample,
        model: model.id,
        repetition,
        session: at.session,
        at: clock,
        ...(at.condition && { condition: at.condition }),
        outcome: model.outcome?.(sample, completed) ?? completed,
      });
    }
  }
  return records;
}

/**
 * Right with probability `quality`; half of what decides is the sample's own hardness. The mean of two uniform numbers is
 * triangular, and its distribution function makes it uniform again.
 */
function isRight(shared: number, own: number, quality: number): boolean {
  const middle = (shared + own) / 2;
  return (middle < 0.5 ? 2 * middle ** 2 : 1 - 2 * (1 - middle) ** 2) < quality;
}

/** The records in another order. */
export function shuffled(records: readonly LogRecord[], seed: number): LogRecord[] {
  return shuffle(records, createRandom(seed, 'order'));
}
