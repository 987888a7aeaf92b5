/** What two versions say about one figure: the value of each, and the test of the loss. */
import { taskKey } from '../keys.js';
import type { Level } from '../measure/metric.js';
import { LIMITED, type LimitedMetric, METRICS, SPEED_METRICS, type SpeedMetric } from '../measure/metrics.js';
import { isMissing, type Missing, missing, type Quantity } from '../quantity.js';
import { mean } from '../stats/basics/moments.js';
import { meanTest } from '../stats/compare/mean-test.js';
import { pairScores } from '../stats/compare/noninferiority.js';
import { clusteredStandardError, clusterIndices } from '../stats/estimate/clusters.js';
import { type SpeedBlock, speedLoss, speedValues } from './interleaved.js';
import { type LossTest, lossOfTest, lossOfValues } from './loss.js';
import { clustersOfPairs, type PairedVersions, type SamplePair } from './pairs.js';
import type { Version, VersionSample, VersionTask } from './version.js';

/** What may have become worse. */
export interface ComparedFigure {
  readonly metric: LimitedMetric;
  /** The level of a distribution; null for a figure that has none. */
  readonly level: Level | null;
  /** The `suite/task`; null for all tasks together. */
  readonly task: string | null;
}

export interface FigureComparison extends ComparedFigure {
  readonly base: Quantity;
  readonly candidate: Quantity;
  readonly test: LossTest | Missing;
}

/** What the speed of two versions can be judged by. */
export type SpeedBasis =
  | { readonly kind: 'interleaved'; readonly blocks: readonly SpeedBlock[] }
  /** The spread between runs of one machine, by `figureKey`. */
  | { readonly kind: 'history'; readonly spreads: ReadonlyMap<string, RunSpread> }
  | { readonly kind: 'none'; readonly reason: string };

export interface RunSpread {
  /** The standard deviation of the logarithm from run to run. */
  readonly deviation: number;
  readonly runs: number;
}

export interface Compared {
  readonly base: Version;
  readonly candidate: Version;
  readonly paired: PairedVersions;
  readonly speed: SpeedBasis;
}

export function figureKey({ metric, level, task }: ComparedFigure): string {
  return [metric, level, task].filter((part) => part !== null).join(' ');
}

/** Every figure of the table, in the order in which it is shown: quality by task, then the metrics of the whole suite. */
export function figuresOf({ paired }: Pick<Compared, 'paired'>): readonly ComparedFigure[] {
  const tasks = paired.tasks.map((task) => taskKey(task.suite, task.name));
  return LIMITED.flatMap((metric): readonly ComparedFigure[] => {
    const level = METRICS[metric].limit.level;
    if (metric !== 'quality') return isSpeed(metric) ? speedFigures(metric, level) : [{ metric, level, task: null }];
    const whole = { metric, level, task: null };
    return tasks.length > 1 ? [whole, ...tasks.map((task) => ({ metric, level, task }))] : [whole];
  });
}

/** A tail is shown beside the middle. */
function speedFigures(metric: SpeedMetric, level: Level | null): readonly ComparedFigure[] {
  const levels = new Set<Level>(['median', level ?? 'median']);
  return [...levels].map((one) => ({ metric, level: one, task: null }));
}

export function isSpeed(metric: LimitedMetric): metric is SpeedMetric {
  return SPEED_METRICS.some((name) => name === metric);
}

export function compareFigure(figure: ComparedFigure, compared: Compared): FigureComparison {
  if (figure.metric === 'quality') return { ...figure, ...qualityOf(figure.task, compared) };
  if (figure.metric === 'memory') return { ...figure, ...memoryOf(compared) };
  if (figure.metric === 'cost') return { ...figure, ...costOf(compared) };
  return { ...figure, ...speedOf(figure.metric, figure, compared) };
}

type Sides = Pick<FigureComparison, 'base' | 'candidate' | 'test'>;

function qualityOf(task: string | null, { paired }: Compared): Sides {
  const pairs = pairsOf(task, paired);
  const absent = missing(`no sample ${task === null ? '' : `of ${task} `}was run on both versions`);
  if (pairs.length === 0) return { base: absent, candidate: absent, test: absent };
  return {
    base: { value: mean(pairs.map(({ base }) => scoreOf(base).high)) },
    candidate: { value: mean(pairs.map(({ candidate }) => scoreOf(candidate).low)) },
    test: qualityLoss(pairs),
  };
}

export function pairsOf(task: string | null, { tasks }: PairedVersions): readonly SamplePair[] {
  return tasks
    .filter(({ suite, name }) => task === null || taskKey(suite, name) === task)
    .flatMap(({ pairs }) => pairs);
}

/** An answer without a score counts as right for the base and as wrong for the new version. */
export function qualityLoss(pairs: readonly SamplePair[]): LossTest | Missing {
  const differences = pairs.map(({ base, candidate }) => scoreOf(candidate).low - scoreOf(base).high);
  const scores = pairScores(differences, clustersOfPairs(pairs));
  if (isMissing(scores)) return scores;
  const { test } = scores;
  return {
    estimate: -mean(differences),
    n: pairs.length,
    floor: 0,
    worseP: (bound) => test.lessP(-bound),
    withinP: (bound) => test.greaterP(-bound),
    low: (level) => -test.high(level),
    high: (level) => -test.low(level),
    spread: null,
  };
}

/** The score if all unscored repetitions were wrong, and if they were right. */
export function scoreOf({ score, unscored, repetitions }: VersionSample): {
  readonly low: number;
  readonly high: number;
} {
  const lost = score === null ? 1 : unscored / repetitions;
  const known = (score ?? 0) * (1 - lost);
  return { low: known, high: Math.min(1, known + lost) };
}

const OTHER_MACHINE = missing(
  'the two versions are not known to be from one machine: measure both here with `rightsize ab`',
);

/** A machine that is not known may be any. */
function isOneMachine({ machine }: Version, other: Version): boolean {
  return machine !== null && machine.id === other.machine?.id;
}

/** A session has one peak. The peaks are few, so nothing is shown unless all of one version lie above all of the other. */
function memoryOf({ base, candidate }: Compared): Sides {
  const value = ({ memory }: Version): Quantity => (isMissing(memory) ? memory : { value: memory.max });
  const [first, second] = [base.memory, candidate.memory];
  const values = { base: value(base), candidate: value(candidate) };
  if (isMissing(first)) return { ...values, test: first };
  if (isMissing(second)) return { ...values, test: second };
  if (!isOneMachine(base, candidate)) return { ...values, test: OTHER_MACHINE };
  const estimate = Math.log(second.max / first.max);
  const [low, high] = [Math.log(second.min / first.max), Math.log(second.max / first.min)];
  return {
    ...values,
    test: {
      estimate,
      n: Math.min(first.n, second.n),
      floor: 0,
      worseP: (bound) => (low > bound ? 0 : 1),
      withinP: (bound) => (high < bound ? 0 : 1),
      low: () => low,
      high: () => high,
      spread: null,
    },
  };
}

function costOf({ paired }: Compared): Sides {
  const pairs = pairsOf(null, paired);
  const priced = pairs.filter(({ base, candidate }) => isPriced(base) && isPriced(candidate));
  const absent = missing('no price is known for both versions');
  if (priced.length === 0) return { base: absent, candidate: absent, test: absent };
  const values = {
    base: { value: mean(priced.map(({ base }) => base.cost!)) },
    candidate: { value: mean(priced.map(({ candidate }) => candidate.cost!)) },
  };
  if (priced.length < pairs.length)
    return { ...values, test: missing(`${pairs.length - priced.length} of ${pairs.length} samples have no cost`) };
  const losses = priced.map(({ base, candidate }) => lossOfValues('cost', base.cost!, candidate.cost!));
  const clusters = clustersOfPairs(priced) ?? losses.map((_, i) => i);
  const units = clusterIndices(clusters).length;
  if (units < 2) return { ...values, test: missing('one pair of costs has no interval: measure at least two') };
  const test = meanTest({
    estimate: mean(losses),
    standardError: clusteredStandardError(losses, clusters),
    degreesOfFreedom: units - 1,
  });
  return { ...values, test: lossOfTest(test, { n: losses.length, units }) };
}

function isPriced({ cost }: VersionSample): boolean {
  return cost !== null && cost > 0;
}

function speedOf(metric: SpeedMetric, { level }: ComparedFigure, compared: Compared): Sides {
  const at = level ?? 'median';
  const values =
    compared.speed.kind === 'interleaved'
      ? speedValues(metric, at, compared.speed.blocks)
      : { base: speedValue(compared.base, metric, at), candidate: speedValue(compared.candidate, metric, at) };
  return { ...values, test: speedTest(metric, at, { ...compared, values }) };
}

type SpeedValues = Pick<FigureComparison, 'base' | 'candidate'>;

function speedTest(
  metric: SpeedMetric,
  level: Level,
  { base, candidate, speed, values, paired }: Compared & { readonly values: SpeedValues },
): LossTest | Missing {
  const late = (side: 'base' | 'candidate') =>
    paired.tasks.reduce((total, task) => total + lateOf(task[side], metric), 0);
  const [before, after] = [late('base'), late('candidate')];
  if (after > before)
    return missing(
      `${after} requests of the new version were not answered in time (${before} of the base), so no latency says how slow it is`,
    );
  if (speed.kind === 'interleaved') return speedLoss(metric, level, speed.blocks);
  if (speed.kind === 'none') return missing(speed.reason);
  if (!isOneMachine(base, candidate)) return OTHER_MACHINE;
  if (isMissing(values.base)) return values.base;
  if (isMissing(values.candidate)) return values.candidate;
  const spread = speed.spreads.get(figureKey({ metric, level, task: null }));
  if (spread === undefined) return missing('the history has too few runs of it: measure both with `rightsize ab`');
  const test = meanTest({
    estimate: lossOfValues(metric, values.base.value, values.candidate.value),
    // Each of the two runs differs from the mean of many runs by this much.
    standardError: spread.deviation * Math.SQRT2,
    degreesOfFreedom: spread.runs - 1,
  });
  return lossOfTest(test, { n: spread.runs, units: spread.runs });
}

function lateOf({ figures }: VersionTask, metric: SpeedMetric): number {
  const found = figures[metric];
  return isMissing(found) ? 0 : found.late;
}

/** The mean over the tasks, each weighted by its requests. A quantile of tasks that differ has no better summary without their requests. */
export function speedValue({ tasks }: Version, metric: SpeedMetric, level: Level): Quantity {
  let [total, n] = [0, 0];
  for (const { figures } of tasks) {
    const found = figures[metric];
    if (isMissing(found)) continue;
    const at = found.at[level];
    if (isMissing(at)) return at;
    total += Math.log(at.value) * found.n;
    n += found.n;
  }
  const reasons = tasks.flatMap(({ figures }) => (isMissing(figures[metric]) ? [figures[metric].missing] : []));
  return n === 0 ? missing(reasons[0] ?? 'nothing was measured') : { value: Math.exp(total / n) };
}
