/**
 * Many runs in time. A history is append-only JSON lines, one file for each suite and machine, one line for each model of a run. The
 * change points of each figure say where it changed, and with which commit:
 *
 *     { "suite": "desk", "machine": { "id": "5f0c…", "name": "Xeon" }, "model": "small", "run": "2026-…", "commit": "1a2b3c4",
 *       "started": "2026-…", "folder": "../reports/2026-…", "figures": { "quality": 0.91, "decodeRate median": 41.2 } }
 */
import { z } from 'zod';
import type { Level } from '../measure/metric.js';
import { LIMITED, type LimitedMetric, METRICS } from '../measure/metrics.js';
import { isMissing, type Quantity } from '../quantity.js';
import { standardDeviation } from '../stats/basics/moments.js';
import { type ChangePoint, changePoints } from '../stats/series/change-points.js';
import { withoutSpikes } from '../stats/series/hampel.js';
import { figureKey, isSpeed, type RunSpread, speedValue } from './figures.js';
import { betterOf } from './loss.js';
import type { Version } from './version.js';

export const historyEntrySchema = z.strictObject({
  suite: z.string(),
  machine: z.strictObject({ id: z.string(), name: z.string() }),
  model: z.string(),
  run: z.string(),
  name: z.string().nullable(),
  commit: z.string().nullable(),
  started: z.string(),
  folder: z.string().describe('The folder of the run, from the folder of the history.'),
  figures: z.record(z.string(), z.number()),
});

export type HistoryEntry = z.infer<typeof historyEntrySchema>;

/** What a history keeps of a run, in the order in which it is shown. */
const KEPT = LIMITED.flatMap((metric): readonly KeptFigure[] =>
  isSpeed(metric)
    ? [
        { metric, level: 'median' },
        { metric, level: 'p95' },
      ]
    : [{ metric, level: null }],
);

interface KeptFigure {
  readonly metric: LimitedMetric;
  readonly level: Level | null;
}

/** The entries of one model of a run, one for each suite. There are none where the machine is not known. */
export function entriesOf(version: Version, folder: string): readonly HistoryEntry[] {
  const { run, model, name, commit, started, machine, tasks } = version;
  if (machine === null) return [];
  return [...new Set(tasks.map(({ suite }) => suite))].map((suite) => ({
    suite,
    machine,
    model,
    run,
    name,
    commit,
    started,
    folder,
    figures: figuresOf({ ...version, tasks: tasks.filter((task) => task.suite === suite) }),
  }));
}

function figuresOf(version: Version): Readonly<Record<string, number>> {
  return Object.fromEntries(
    KEPT.flatMap(({ metric, level }) => {
      const quantity = readFigure(version, metric, level);
      return isMissing(quantity) ? [] : [[figureKey({ metric, level, task: null }), quantity.value]];
    }),
  );
}

function readFigure(version: Version, metric: LimitedMetric, level: Level | null): Quantity {
  const { tasks, memory } = version;
  if (isSpeed(metric)) return speedValue(version, metric, level ?? 'median');
  if (metric === 'memory') return isMissing(memory) ? memory : { value: memory.max };
  const samples = tasks.flatMap((task) => task.samples);
  const values = samples.flatMap(({ score, cost }) => (metric === 'quality' ? score : cost) ?? []);
  // A mean over the samples that have a value would change with those that have none.
  return values.length === samples.length && values.length > 0
    ? { value: values.reduce((total, value) => total + value, 0) / values.length }
    : { missing: `${samples.length - values.length} of ${samples.length} samples have no value` };
}

export interface Trend {
  readonly suite: string;
  readonly machine: HistoryEntry['machine'];
  readonly model: string;
  readonly metric: LimitedMetric;
  readonly level: Level | null;
  readonly points: readonly TrendPoint[];
  readonly changes: readonly TrendChange[];
}

export interface TrendPoint extends Pick<HistoryEntry, 'run' | 'name' | 'commit' | 'started' | 'folder'> {
  readonly value: number;
}

export interface TrendChange extends ChangePoint {
  /** The first run of the new level. */
  readonly point: TrendPoint;
  readonly outcome: 'better' | 'worse';
}

/** In a year of daily runs whose values vary by 2%, hardly one change is found where there is none. */
const SURE = 0.0001;
/** The least relative change that is shown; of quality, as a share of the score. */
const LEAST_CHANGE = 0.015;

/** Every figure of every model, suite and machine, oldest run first. */
export function trendsOf(entries: readonly HistoryEntry[]): readonly Trend[] {
  const series = new Map<string, HistoryEntry[]>();
  for (const entry of entries) {
    const key = JSON.stringify([entry.suite, entry.machine.id, entry.model]);
    const known = series.get(key);
    if (known === undefined) series.set(key, [entry]);
    else known.push(entry);
  }
  return [...series.values()].flatMap((ofModel) => {
    const ordered = ofModel.toSorted((a, b) => compareTexts(a.started, b.started) || compareTexts(a.run, b.run));
    return KEPT.flatMap(({ metric, level }) => trendOf(ordered, metric, level) ?? []);
  });
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function trendOf(entries: readonly HistoryEntry[], metric: LimitedMetric, level: Level | null): Trend | null {
  const key = figureKey({ metric, level, task: null });
  const points = entries.flatMap(({ run, name, commit, started, folder, figures }): TrendPoint[] => {
    const value = figures[key];
    return value === undefined ? [] : [{ run, name, commit, started, folder, value }];
  });
  if (points.length === 0) return null;
  const { suite, machine, model } = entries.at(-1)!;
  const values = withoutSpikes(points.map(({ value }) => value));
  const found = changePoints(values, { p: SURE, magnitude: LEAST_CHANGE });
  return {
    suite,
    machine,
    model,
    metric,
    level,
    points,
    changes: found.map((change) => ({
      ...change,
      point: points[change.index]!,
      outcome: change.after > change.before === (betterOf(metric) === 'higher') ? 'better' : 'worse',
    })),
  };
}

/** The spread between runs is not known from fewer runs of one level. */
const FEWEST_RUNS = 10;

/** How much runs differ that have nothing to differ by: those since the last change. The keys are those of `figureKey`. */
export function spreadsOf(
  trends: readonly Trend[],
  { suite, machine, model }: { readonly suite: string; readonly machine: string; readonly model: string },
): ReadonlyMap<string, RunSpread> {
  const own = trends.filter((trend) => trend.suite === suite && trend.machine.id === machine && trend.model === model);
  return new Map(
    own.flatMap(({ metric, level, points, changes }): [string, RunSpread][] => {
      const since = points.slice(changes.at(-1)?.index ?? 0).map(({ value }) => value);
      if (since.length < FEWEST_RUNS || since.some((value) => !(value > 0))) return [];
      const spread = { deviation: standardDeviation(since.map(Math.log)), runs: since.length };
      return [[figureKey({ metric, level, task: null }), spread]];
    }),
  );
}

export function trendTitle({ metric, level }: Pick<Trend, 'metric' | 'level'>): string {
  return level === null ? METRICS[metric].title : `${METRICS[metric].title}, ${level}`;
}
