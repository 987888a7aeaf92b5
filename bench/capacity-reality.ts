/**
 * The simulator against a real server. A folder has load tests of `rightsize load`: `NAME/before` and `NAME/after` with single streams,
 * `NAME/steps` with loads, and `NAME/batches` with other loads. Single streams calibrate, and once more together with the batches; each step is
 * simulated with the arrivals that it had and lengths as they were, and held against what was measured.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type RecordedModel, startRecorded } from '../src/core/capacity/plan/recorded.js';
import type { BatchTime } from '../src/core/capacity/simulate/batch-times.js';
import { LEAST_ANSWERS, measuredTimes, type SingleStream } from '../src/core/capacity/simulate/measured-times.js';
import { llamaServer } from '../src/core/capacity/simulate/scheduler.js';
import { simulate } from '../src/core/capacity/simulate/simulate.js';
import type { Lengths } from '../src/core/capacity/step/workload.js';
import { parseCondition } from '../src/core/definition/condition.js';
import { RecordedRequests } from '../src/core/load/recorded.js';
import type { StepRequest } from '../src/core/load/request.js';
import type { StepRecord } from '../src/core/log/log.js';
import { isMissing } from '../src/core/quantity.js';
import { mean } from '../src/core/stats/basics/moments.js';
import { createRandom } from '../src/core/stats/basics/random.js';
import { median, percentile } from '../src/core/stats/estimate/percentiles.js';
import { readLog } from '../src/files/log.js';

export interface Pair {
  readonly piece: string;
  /** What calibrated the simulation. */
  readonly from: 'single streams' | 'single streams and batches';
  readonly condition: string;
  readonly figure: string;
  readonly measured: number;
  /** The 95% interval of what was measured, by resampling blocks of requests. */
  readonly low: number;
  readonly high: number;
  readonly predicted: number;
}

export async function compareWithReality(folder: string): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (const piece of readdirSync(folder).sort()) {
    const streams: SingleStream[] = [];
    for (const part of ['before', 'after']) {
      for (const log of logsIn(join(folder, piece, part))) streams.push(...(await recordedIn(log)).streams);
    }
    if (streams.length < LEAST_ANSWERS) continue;
    const batches: BatchTime[] = [];
    for (const log of logsIn(join(folder, piece, 'batches'))) batches.push(...(await recordedIn(log)).batches);
    for (const from of batches.length > 0 ? CALIBRATIONS : CALIBRATIONS.slice(0, 1)) {
      const { times } = measuredTimes(streams, from === 'single streams' ? [] : batches);
      for (const log of logsIn(join(folder, piece, 'steps'))) {
        for (const { step, requests, slots, context } of await stepsIn(log)) {
          const scheduler = llamaServer({ slots, context });
          pairs.push(...pairsOf({ piece, from, step, requests, scheduler, times }));
        }
      }
    }
  }
  return pairs;
}

const CALIBRATIONS = ['single streams', 'single streams and batches'] as const;

/** The log has one model. */
async function recordedIn(log: string): Promise<RecordedModel> {
  const fold = startRecorded();
  for await (const record of readLog(log)) fold.add(record);
  return fold.finish()[0]!;
}

function logsIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^\d{4}-/.test(name))
      .map((name) => join(folder, name, 'log.jsonl'));
  } catch {
    return [];
  }
}

interface RealStep {
  readonly step: StepRecord;
  readonly requests: readonly StepRequest[];
  readonly slots: number;
  readonly context: number;
}

async function stepsIn(log: string): Promise<RealStep[]> {
  const requests = new Map<string, RecordedRequests>();
  const steps: StepRecord[] = [];
  let [slots, context] = [Number.NaN, Number.NaN];
  for await (const record of readLog(log)) {
    if (record.type === 'session') {
      slots = Number(record.facts.settings?.slots ?? slots);
      context = Number(record.facts.settings?.contextOfSlot ?? context);
    }
    if (record.type === 'step') steps.push(record);
    if (record.type !== 'measurement' || record.step === undefined) continue;
    const recorded = requests.get(record.step) ?? new RecordedRequests({ gaps: 'dropped' });
    requests.set(record.step, recorded);
    recorded.add(record);
  }
  return steps.map((step) => ({
    step,
    slots,
    context,
    requests: (requests.get(step.step)?.requests(step) ?? []).sort((a, b) => a.due - b.due),
  }));
}

/** The first requests find an empty server, as in a simulation. */
const WARM_UP = 0.1;

interface Comparison extends Pick<Pair, 'piece' | 'from'> {
  readonly step: StepRecord;
  readonly requests: readonly StepRequest[];
  readonly scheduler: ReturnType<typeof llamaServer>;
  readonly times: ReturnType<typeof measuredTimes>['times'];
}

function pairsOf({ piece, from, step, requests: all, scheduler, times }: Comparison): Pair[] {
  // A step ends when enough are answered, and cuts what is under way.
  const requests = all.filter(({ outcome }) => outcome === 'completed');
  const lengths = requests.flatMap(({ promptTokens, outputTokens, cachedTokens = 0 }): Lengths[] =>
    isMissing(promptTokens) || isMissing(outputTokens)
      ? []
      : [{ prompt: Math.max(1, promptTokens.value - cachedTokens), output: outputTokens.value }],
  );
  if (lengths.length < requests.length || requests.length === 0) return [];
  const condition = parseCondition(step.condition);
  const open = condition.kind === 'open' || condition.kind === 'trace';
  const arrivals = Float64Array.from(requests, ({ due }) => due);
  const found = simulate({
    condition: open ? { kind: 'trace', name: 'real', speed: 1 } : condition,
    traces: new Map([['real', { arrivals }]]),
    times,
    scheduler,
    lengths: () => lengths[Symbol.iterator](),
    objectives: [],
    requests: requests.length,
    seed: 0,
  });
  const counted = requests.slice(Math.floor(requests.length * WARM_UP));
  const ttft = counted.map(({ due, first }) => first! - due);
  const tpot = counted.flatMap(({ first, last, tokensAfterFirst }) =>
    isMissing(tokensAfterFirst) ? [] : [(last! - first!) / tokensAfterFirst.value],
  );
  const tokens = counted.map(({ outputTokens }) => (isMissing(outputTokens) ? 0 : outputTokens.value));
  const seconds = counted.at(-1)!.due - counted[0]!.due;
  const throughput = tokens.reduce((a, b) => a + b, 0) / seconds;
  const pair = (
    figure: string,
    values: readonly number[],
    statistic: (values: readonly number[]) => number,
    predicted: number,
  ): Pair => ({
    piece,
    from,
    condition: step.condition,
    figure,
    measured: statistic(values),
    ...intervalOf(values, statistic),
    predicted,
  });
  return [
    {
      piece,
      from,
      condition: step.condition,
      figure: 'tokens/s',
      measured: throughput,
      low: throughput,
      high: throughput,
      predicted: found.throughput,
    },
    pair('TTFT mean', ttft, mean, found.ttft.mean),
    pair('TTFT p95', ttft, (values) => percentile(values, 0.95), found.ttft.quantile(0.95)),
    pair('TPOT mean', tpot, mean, found.tpot.mean),
    pair('TPOT median', tpot, median, found.tpot.quantile(0.5)),
  ];
}

const RESAMPLES = 400;

/** Moving blocks, because neighbours in a queue are alike (Künsch 1989). */
function intervalOf(values: readonly number[], statistic: (values: readonly number[]) => number) {
  const random = createRandom('reality');
  const block = Math.max(1, Math.round(values.length ** (1 / 2)));
  const found = Array.from({ length: RESAMPLES }, () => {
    const drawn: number[] = [];
    while (drawn.length < values.length) {
      const from = random.below(values.length - block + 1);
      drawn.push(...values.slice(from, from + block));
    }
    return statistic(drawn.slice(0, values.length));
  });
  return { low: percentile(found, 0.025), high: percentile(found, 0.975) };
}
