/** The workload of a run or a load test: lengths, quality, and how fast its machine answered one request at a time. */
import { resolve } from 'node:path';
import type { Analysis } from '../core/analyse/analysis.js';
import type { Figure } from '../core/capacity/plan/draws.js';
import { longestRequest, type ModelWorkload, workloadOf } from '../core/capacity/plan/of-run.js';
import { startRecorded } from '../core/capacity/plan/recorded.js';
import type { BatchTime } from '../core/capacity/simulate/batch-times.js';
import type { Model } from '../core/definition/model.js';
import type { PriceList } from '../core/definition/price-list.js';
import { UserError } from '../core/errors.js';
import type { LoadTest } from '../core/load/load-test.js';
import { objectiveText } from '../core/load/objective.js';
import type { LogRecord, RunRecord, SessionFacts } from '../core/log/log.js';
import { isMissing, type Missing, missing } from '../core/quantity.js';
import { type MixtureShare, mixtureOf } from '../core/recommend/mixture.js';
import { recommend } from '../core/recommend/recommend.js';
import type { Estimate } from '../core/stats/estimate/estimate.js';
import { limitsOfSuites } from './load-definition.js';
import { readRun } from './read.js';
import { logOf } from './runs.js';

export interface MeasuredModel extends ModelWorkload {
  readonly model: Model;
  /** Steps of several sequences; none for a run. */
  readonly batches: readonly BatchTime[];
  /** The facts of its last session; null if it was never opened. */
  readonly facts: SessionFacts | null;
  /** Tokens of the longest request that may come; missing for a load test. */
  readonly longest: { readonly value: number } | Missing;
  /** The peak memory in bytes. */
  readonly peak: { readonly value: number } | Missing;
  /** The folder that its paths start from. */
  readonly directory: string;
  /** The share of right answers. */
  readonly quality: Figure | Missing;
}

export interface MeasuredWorkload {
  readonly models: readonly MeasuredModel[];
  /** What share of the requests each model answers, where a cascade is recommended. */
  readonly mixture: readonly MixtureShare[] | Missing;
  /** What must hold under load: the objectives of a load test, or the limits of the run's suites, each once. */
  readonly objectives: readonly string[];
  /** The user's own devices and prices, if the run has any. */
  readonly prices: PriceList | undefined;
}

/** @throws UserError when there is no run. */
export async function readWorkload(reference: string, { cwd }: { readonly cwd: string }): Promise<MeasuredWorkload> {
  const workload = startWorkload(reference, { cwd });
  const { analysis, load } = await readRun(logOf(reference, cwd), workload);
  return workload.finish(analysis, load);
}

export interface WorkloadFold {
  add(record: LogRecord): void;
  /** @param test What it found, if the run is a load test. @throws UserError when there was no run. */
  finish(analysis: Analysis, test: LoadTest | null): MeasuredWorkload;
}

/** Takes what neither the analysis nor a load test keeps, while a log is read for them. @param reference The run, for errors. */
export function startWorkload(reference: string, { cwd }: { readonly cwd: string }): WorkloadFold {
  const recorded = startRecorded();
  let run: RunRecord | null = null;
  return {
    add(record) {
      if (record.type === 'run') run ??= record;
      recorded.add(record);
    },
    finish(analysis, test) {
      if (run === null) throw new UserError(`${reference}: expected the log of a run, found no run in it`);
      return workloadIn(run, { analysis, test, seen: test === null ? null : recorded.finish(), cwd });
    },
  };
}

interface Found {
  readonly analysis: Analysis;
  readonly test: LoadTest | null;
  /** The lengths and streams of a load test. */
  readonly seen: ReturnType<ReturnType<typeof startRecorded>['finish']> | null;
  readonly cwd: string;
}

function workloadIn(
  { models, directories, settings, suites }: RunRecord,
  { analysis: found, test, seen, cwd }: Found,
): MeasuredWorkload {
  const [suite, ...others] = found.suites;
  const mixture =
    test !== null || suite === undefined || others.length > 0
      ? missing('only a run of one suite recommends a cascade')
      : mixtureOf(suite, recommend(found).suites[0]!);
  const measured = models.map((model): MeasuredModel => {
    const { facts, memory } = found.models.find(({ id }) => id === model.id)!;
    const folder = Object.hasOwn(directories, model.id) ? directories[model.id]! : '.';
    const { resident } = memory.peak;
    const ofTest = seen?.find((one) => one.model === model.id);
    return {
      model,
      directory: resolve(cwd, folder),
      ...(seen === null
        ? workloadOf(found.suites, model.id)
        : { lengths: ofTest?.lengths ?? [], streams: ofTest?.streams ?? [] }),
      batches: ofTest?.batches ?? [],
      facts: ofTest?.facts ?? facts,
      longest:
        seen === null
          ? longestRequest(found.suites, model.id)
          : missing('a load test has the lengths that it measured'),
      peak: isMissing(resident) ? resident : { value: resident.max },
      quality: qualityOf(model.id, found, test),
    };
  });
  const objectives = settings.load?.objectives ?? limitsOfSuites(suites).map(objectiveText);
  return { models: measured, mixture, objectives: [...new Set(objectives)], prices: found.run.prices };
}

/** Returns the quality of a run's only suite, or of a load test's step with the smallest load. */
function qualityOf(model: string, { suites }: Analysis, test: LoadTest | null): Figure | Missing {
  const estimates =
    test === null
      ? suites.flatMap(({ overall }) => overall.filter((one) => one.model === model).map(({ quality }) => quality))
      : (test.models.find((one) => one.model === model)?.steps ?? []).flatMap(({ result: { window } }) =>
          isMissing(window) ? [] : [window.right.quality],
        );
  if (test === null && estimates.length > 1)
    return missing('the run has several suites, and each has a quality of its own');
  const known = estimates.find((estimate): estimate is Estimate => !isMissing(estimate));
  if (known !== undefined) return { value: known.value, low: known.low, high: known.high };
  return estimates.find(isMissing) ?? missing('the answers were not scored');
}
