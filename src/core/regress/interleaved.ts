/**
 * The speed of two versions that one run measured in turns (../plan/in-turns.ts):
 *
 *     block 1   A1 B1 open, and are asked the samples in turns: A B B A ...      B2 A2 open: B A A B ...
 *     block 2   B1 A1 open ...                                                   A2 B2 open ...
 *
 * Each block gives one figure: the loss over its samples, each held against itself. What else the machine does cancels within a block,
 * and what differs from opening to opening is between blocks, where the test finds it. So the block is the unit of analysis, and not
 * the request (Kalibera and Jones 2013, ISMM). The noise floor is how far the comparison differs from itself in the same minutes: what
 * the first openings say is held against what the second openings say. A second look opens the same blocks again.
 *
 * A quantile over all blocks has no sum over blocks; its error comes from a bootstrap of blocks, and of samples within them.
 */
import { QUANTILES } from '../analyse/distribution.js';
import { isAlone, parseCondition } from '../definition/condition.js';
import { sampleKey } from '../keys.js';
import { comparedAs } from '../log/base-suites.js';
import type { InTurns, LogRecord, MeasurementRecord } from '../log/log.js';
import type { Level } from '../measure/metric.js';
import { METRICS, SPEED_METRICS, type SpeedMetric } from '../measure/metrics.js';
import { isMissing, type Missing, missing, type Quantity } from '../quantity.js';
import { mean, standardDeviation } from '../stats/basics/moments.js';
import { createRandom, type Random } from '../stats/basics/random.js';
import { type MeanTest, meanOfTest, meanTest } from '../stats/compare/mean-test.js';
import { median, percentile } from '../stats/estimate/percentiles.js';
import { type LossTest, lossOfTest, lossOfValues } from './loss.js';

type Timings = Readonly<Partial<Record<SpeedMetric, number>>>;

/** One sample of a block: its timings in each opening, in the order of the openings. */
export interface BlockSample {
  readonly base: readonly Timings[];
  readonly candidate: readonly Timings[];
}

export type SpeedBlock = readonly BlockSample[];

export interface InterleavedFold {
  add(record: LogRecord): void;
  finish(): readonly SpeedBlock[];
}

interface Asked {
  /** Ids of sessions sort by time. */
  readonly session: string;
  readonly timings: Timings;
}

/** Reads the blocks of two models from the log of one run. */
export function startInterleaved({ base, candidate }: { readonly base: string; readonly candidate: string }) {
  const partners = startPartners(base);
  const samples = new Map<string, { readonly base: Asked[]; readonly candidate: Asked[] }>();
  const fold: InterleavedFold = {
    add(record) {
      partners.add(record);
      if (record.type !== 'measurement' || (record.model !== base && record.model !== candidate)) return;
      const timings = timingsOf(record);
      if (timings === null) return;
      const key = partners.keyOf(record);
      const sample = samples.get(key) ?? { base: [], candidate: [] };
      samples.set(key, sample);
      const { session } = record;
      sample[record.model === base ? 'base' : 'candidate'].push({ session, timings });
    },
    finish: () => blocksOf([...samples.values()]),
  };
  return fold;
}

/**
 * What a sample of the base and its partner have in common: their key, or, if the base is asked in the words of another suite, the hash of
 * their row and target. Samples with one hash are paired in their order.
 */
function startPartners(base: string) {
  let settings: Pick<InTurns, 'base' | 'baseSuites'> | undefined;
  const places = new Map<string, string>();
  const seen = new Map<string, number>();
  return {
    add(record: LogRecord) {
      if (record.type === 'run') settings = record.settings.inTurns?.baseSuites && { ...record.settings.inTurns, base };
      if (record.type !== 'sample' || settings === undefined) return;
      const { suite, task, hash } = record;
      const kind = JSON.stringify([suite, task, hash]);
      const count = seen.get(kind) ?? 0;
      seen.set(kind, count + 1);
      places.set(sampleKey(record), JSON.stringify([task, hash, count]));
    },
    keyOf(record: MeasurementRecord): string {
      const suite = comparedAs(record, settings);
      const place = places.get(sampleKey(record));
      return place === undefined ? sampleKey(record) : JSON.stringify([suite, place]);
    },
  };
}

function timingsOf({ outcome, condition, cold }: MeasurementRecord): Timings | null {
  if (outcome.state !== 'completed' || cold) return null;
  if (condition !== undefined && !isAlone(parseCondition(condition))) return null;
  const timings: Partial<Record<SpeedMetric, number>> = {};
  for (const metric of SPEED_METRICS) {
    const quantity = METRICS[metric].compute(outcome);
    if (!isMissing(quantity) && quantity.value > 0) timings[metric] = quantity.value;
  }
  return timings;
}

/** Sessions that asked the same sample belong to one block. */
function blocksOf(samples: readonly { readonly base: readonly Asked[]; readonly candidate: readonly Asked[] }[]) {
  const parents = new Map<string, string>();
  const rootOf = (session: string): string => {
    const parent = parents.get(session) ?? session;
    return parent === session ? session : rootOf(parent);
  };
  const both = samples.filter(({ base, candidate }) => base.length > 0 && candidate.length > 0);
  for (const { base, candidate } of both) {
    const root = rootOf(base[0]!.session);
    for (const { session } of [...base, ...candidate]) parents.set(rootOf(session), root);
  }
  const blocks = new Map<string, BlockSample[]>();
  for (const { base, candidate } of both) {
    const root = rootOf(base[0]!.session);
    const block = blocks.get(root) ?? [];
    blocks.set(root, block);
    block.push({ base: inOrder(base), candidate: inOrder(candidate) });
  }
  return [...blocks.values()];
}

function inOrder(asked: readonly Asked[]): readonly Timings[] {
  return asked.toSorted((a, b) => (a.session < b.session ? -1 : 1)).map(({ timings }) => timings);
}

/** Fewer blocks do not tell the spread between blocks well enough. */
export const FEWEST_BLOCKS = 5;

/** The standard error of 199 resamples is right to within 5%. */
const RESAMPLES = 199;

export function speedLoss(metric: SpeedMetric, level: Level, blocks: readonly SpeedBlock[]): LossTest | Missing {
  const paired = blocks.map((block) => valuesOf(block, metric)).filter((block) => block.length > 0);
  if (paired.length < FEWEST_BLOCKS) {
    return missing(
      `only ${paired.length} blocks of samples were measured in turns, and ${FEWEST_BLOCKS} are needed: measure with \`rightsize ab\``,
    );
  }
  const figure = FIGURES[level](metric);
  const units = paired.length;
  const n = paired.reduce((total, { length }) => total + length, 0);
  const test = testOf(figure, paired, metric);
  const opened = paired.map((block) =>
    block.filter(({ base, candidate }) => Math.min(base.length, candidate.length) > 1),
  );
  if (opened.some(({ length }) => length === 0)) return lossOfTest(test, { n, units });
  const floor = testOf(againstItself(figure), opened, metric);
  return lossOfTest(test, {
    n,
    units,
    floor: Math.abs(floor.estimate),
    floorDeviation: floor.standardError * Math.sqrt(units),
  });
}

/** The value of each version at a level, over all its requests; missing where nothing was measured of both. */
export function speedValues(metric: SpeedMetric, level: Level, blocks: readonly SpeedBlock[]) {
  const paired = blocks.map((block) => valuesOf(block, metric));
  const read = (side: keyof PairedValues): Quantity => {
    const values = valuesOfSide(paired, side);
    if (values.length === 0) return missing('no sample was measured on both versions in turns');
    return { value: level === 'mean' ? mean(values) : percentile(values, QUANTILES[level]) };
  };
  return { base: read('base'), candidate: read('candidate') };
}

/** The values of one metric for one sample. */
interface PairedValues {
  readonly base: readonly number[];
  readonly candidate: readonly number[];
}

type Paired = readonly (readonly PairedValues[])[];

function valuesOf(block: SpeedBlock, metric: SpeedMetric): readonly PairedValues[] {
  const read = (timings: readonly Timings[]) =>
    timings.flatMap(({ [metric]: value }) => (value !== undefined && Number.isFinite(value) ? [value] : []));
  return block.flatMap(({ base, candidate }) => {
    const pair = { base: read(base), candidate: read(candidate) };
    return pair.base.length === 0 || pair.candidate.length === 0 ? [] : [pair];
  });
}

/** The loss over some blocks. `blockwise`: the figure of several blocks is the mean of theirs. */
interface LossFigure {
  readonly kind: 'blockwise' | 'over all';
  lossOf(blocks: Paired): number;
}

const blockwise =
  (summary: (losses: number[]) => number) =>
  (metric: SpeedMetric): LossFigure => ({
    kind: 'blockwise',
    lossOf: (blocks) => mean(blocks.map((block) => summary(lossesOf(metric, block)))),
  });

const overAll =
  (q: number) =>
  (metric: SpeedMetric): LossFigure => ({
    kind: 'over all',
    lossOf: (blocks) =>
      lossOfValues(
        metric,
        percentile(valuesOfSide(blocks, 'base'), q),
        percentile(valuesOfSide(blocks, 'candidate'), q),
      ),
  });

const FIGURES: Readonly<Record<Level, (metric: SpeedMetric) => LossFigure>> = {
  mean: blockwise(mean),
  median: blockwise(median),
  p90: overAll(0.9),
  p95: overAll(0.95),
  p99: overAll(0.99),
};

/**
 * Half of the difference between what one opening of each version says and what the other says. It varies as the loss does, and a
 * true loss cancels.
 */
function againstItself({ kind, lossOf }: LossFigure): LossFigure {
  const everyOther = (blocks: Paired, which: 0 | 1) =>
    blocks.map((block) =>
      block.map(({ base, candidate }) => {
        const isPart = (_: number, i: number) => i % 2 === which;
        return { base: base.filter(isPart), candidate: candidate.filter(isPart) };
      }),
    );
  return { kind, lossOf: (blocks) => (lossOf(everyOther(blocks, 0)) - lossOf(everyOther(blocks, 1))) / 2 };
}

/** The loss of each sample, held against itself: ratios of geometric means over the openings. */
function lossesOf(metric: SpeedMetric, block: readonly PairedValues[]): number[] {
  return block.map(({ base, candidate }) => lossOfValues(metric, geometricMean(base), geometricMean(candidate)));
}

function geometricMean(values: readonly number[]): number {
  return Math.exp(mean(values.map(Math.log)));
}

function testOf({ kind, lossOf }: LossFigure, blocks: Paired, metric: SpeedMetric): MeanTest {
  if (kind === 'blockwise') return meanOfTest(blocks.map((block) => lossOf([block])));
  const random = createRandom('quantiles of blocks', metric);
  const replicates = Array.from({ length: RESAMPLES }, () => lossOf(drawBlocks(blocks, random)));
  const k = blocks.length;
  return meanTest({
    estimate: lossOf(blocks),
    // A bootstrap of k blocks draws from a spread that is smaller by (k - 1) / k.
    standardError: standardDeviation(replicates) * Math.sqrt(k / (k - 1)),
    degreesOfFreedom: k - 1,
  });
}

/** A typed array: the bootstrap sorts hundreds of them. */
function valuesOfSide(blocks: Paired, side: keyof PairedValues): Float64Array {
  const values: number[] = [];
  for (const block of blocks) for (const sample of block) for (const value of sample[side]) values.push(value);
  return Float64Array.from(values);
}

function drawBlocks(blocks: Paired, random: Random): Paired {
  return blocks.map(() => {
    const block = blocks[random.below(blocks.length)]!;
    return block.map(() => block[random.below(block.length)]!);
  });
}
