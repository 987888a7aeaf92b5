/**
 * What a chart is: a Vega-Lite specification built by a pure function of the analysis, with a title that states the finding
 * and a text that says the same to whoever cannot see it. A chart without anything to show is none, with the reason.
 *
 * SLMs are cool and round, LLMs warm and square in every chart: told apart by every kind of colour vision, and without colour.
 * Models of one class differ by shade, and their lines by dashes. Each shade reaches a contrast of 3 to 1 on white and on the
 * page's dark ground (WCAG 1.4.11). Text takes the colour of what surrounds the picture, so one picture serves a light page, a dark
 * one and paper.
 */
import type { Analysis, ModelAnalysis } from '../../analyse/analysis.js';
import type { MetricName } from '../../measure/metrics.js';
import type { Recommendation } from '../../recommend/recommendation.js';
import { formatCount, list } from '../format.js';
import { wrapLines } from '../text.js';

export type Spec = Readonly<Record<string, unknown>>;

export interface Chart {
  /** Of its files: `charts/<name>.vl.json`. */
  readonly name: string;
  /** The finding. */
  readonly title: string;
  /** How many values stand behind it and what its intervals are; shown below the title. */
  readonly note: string;
  readonly alt: string;
  readonly spec: Spec;
}

export interface NoChart {
  readonly name: string;
  readonly title: string;
  readonly missing: string;
}

export interface ChartInput {
  readonly analysis: Analysis;
  readonly recommendation: Recommendation;
  /** Index into the suites of both. */
  readonly suite: number;
}

const SMALL = ['#0072b2', '#3598d0', '#5b6fd6', '#1a8c8c'] as const;
const LARGE = ['#d55e00', '#c88200', '#a0522d', '#c44e52'] as const;
const OTHER = ['#6e6e6e', '#8f8f8f'] as const;
/** Lengths of strokes and gaps, by the order of models within their class. */
const DASHES = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 2, 2, 2],
] as const;

export const CASCADE_COLOUR = '#009e73';
export const QUIET = '#8a8a8a';

/** How a model is drawn, the same in every chart of a report. */
export interface Look {
  readonly colour: string;
  readonly shape: 'circle' | 'square' | 'triangle-up';
  readonly dash: readonly number[];
}

export function looksOf(models: readonly ModelAnalysis[]): ReadonlyMap<string, Look> {
  const seen = { slm: 0, llm: 0, other: 0 };
  const kinds = {
    slm: { palette: SMALL, shape: 'circle' },
    llm: { palette: LARGE, shape: 'square' },
    other: { palette: OTHER, shape: 'triangle-up' },
  } as const;
  return new Map(
    models.map((model) => {
      const kind = model.class ?? 'other';
      const { palette, shape } = kinds[kind];
      const order = seen[kind]++;
      return [model.id, { colour: palette[order % palette.length]!, shape, dash: DASHES[order % DASHES.length]! }];
    }),
  );
}

/** The colour of a model, with a legend where there is more than one. */
export function modelColour(models: readonly ModelAnalysis[], all: readonly ModelAnalysis[] = models): Spec {
  return byModel(models, all, ({ colour }) => colour);
}

/** Encodings that mark models in charts of points and of lines. Their legends become one with that of the colour. */
export function modelShape(models: readonly ModelAnalysis[], all: readonly ModelAnalysis[] = models): Spec {
  return byModel(models, all, ({ shape }) => shape);
}

export function modelDash(models: readonly ModelAnalysis[], all: readonly ModelAnalysis[] = models): Spec {
  return byModel(models, all, ({ dash }) => dash);
}

function byModel(models: readonly ModelAnalysis[], all: readonly ModelAnalysis[], pick: (look: Look) => unknown): Spec {
  const looks = looksOf(all);
  const domain = models.map(({ id }) => id);
  return {
    field: 'model',
    type: 'nominal',
    title: null,
    scale: { domain, range: domain.map((id) => pick(looks.get(id)!)) },
    legend: models.length > 1 ? legendOf(domain) : null,
  };
}

/** Vega takes letters for wider than they are: its limit cuts what this many units would hold. */
const LABEL = 280;

/** A legend below the plot, in as many columns as its labels leave room for. */
export function legendOf(labels: readonly string[]): Spec {
  const longest = Math.min(LABEL, Math.max(...labels.map((label) => label.length)) * 6.2);
  return {
    orient: 'bottom',
    columns: Math.max(1, Math.floor(WIDTH / (longest + 34))),
    labelLimit: LABEL,
    symbolLimit: 60,
  };
}

/** The same picture beside a caption and below a legend for all: without its own title and the models' legend, and narrow. */
export function bare({ title: _title, ...spec }: Spec): Spec {
  return mapObjects(spec, ({ legend, ...object }) => {
    if (!legend) return legend === undefined ? object : { ...object, legend };
    return { ...object, legend: object.field === 'model' ? null : { ...(legend as Spec), columns: 1 } };
  }) as Spec;
}

function mapObjects(value: unknown, change: (object: Spec) => Spec): unknown {
  if (Array.isArray(value)) return value.map((one) => mapObjects(one, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(change(value as Spec)).map(([key, one]) => [key, mapObjects(one, change)]));
}

const SCHEMA = 'https://vega.github.io/schema/vega-lite/v6.json';
export const WIDTH = 560;

/** A complete specification: what all charts share, and what is this one's own. */
export function specOf({ title, note }: Pick<Chart, 'title' | 'note'>, own: Spec): Spec {
  return {
    $schema: SCHEMA,
    title: { text: wrapLines(title, 78), subtitle: wrapLines(note, 92), anchor: 'start', fontSize: 13, offset: 12 },
    width: WIDTH,
    ...own,
    config: {
      // The holder of the picture describes it in words; every mark for itself would be noise.
      aria: false,
      background: 'transparent',
      font: 'system-ui, sans-serif',
      view: { stroke: null },
      title: { color: 'currentColor', fontWeight: 600, subtitleColor: 'currentColor', subtitlePadding: 6 },
      axis: {
        labelColor: 'currentColor',
        titleColor: 'currentColor',
        titleFontWeight: 'normal',
        domainColor: QUIET,
        tickColor: QUIET,
        gridColor: QUIET,
        gridOpacity: 0.25,
        labelLimit: 220,
      },
      axisQuantitative: { labelFlush: false, labelOverlap: 'greedy', labelSeparation: 6 },
      legend: { labelColor: 'currentColor', titleColor: 'currentColor', titleFontWeight: 'normal' },
      header: { labelColor: 'currentColor', titleColor: 'currentColor', labelFontWeight: 600, labelLimit: 300 },
      text: { color: 'currentColor' },
      rule: { color: QUIET },
      ...((own.config as Spec | undefined) ?? {}),
    },
  };
}

/** Vega expressions for axis labels in readable units; the data stay in base units. Nothing of the data is ever part of one. */
export const LABELS = {
  microseconds: "format(datum.value * 1e6, ',~r')",
  milliseconds: "format(datum.value * 1e3, ',~r')",
  seconds: "format(datum.value, ',~r')",
  share: "format(datum.value * 100, '~r') + '%'",
  points: "datum.value == 0 ? '0' : format(datum.value * 100, '+~r')",
  dollars: "'$' + format(datum.value, ',~r')",
  rate: "format(datum.value, ',~r')",
  count: "format(datum.value, '~s')",
} as const;

/** The unit that labels of times up to `longest` seconds are short in. */
export function timeUnit(longest: number): 'microseconds' | 'milliseconds' | 'seconds' {
  if (longest < 2e-3) return 'microseconds';
  return longest < 20 ? 'milliseconds' : 'seconds';
}

/** Round numbers for a logarithmic axis, few enough to be read; where there is no room for two, Vega chooses. */
export function logTicks(low: number, high: number): Spec {
  const decades = Math.log10(high / low);
  const steps = decades > 3 ? [1] : decades > 0.8 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9];
  const values: number[] = [];
  for (let power = Math.floor(Math.log10(low)) - 1; power <= Math.ceil(Math.log10(high)); power++) {
    values.push(...steps.map((step) => Number((step * 10 ** power).toPrecision(6))));
  }
  // A little beyond the ends, where the axis has its padding.
  const [first, last] = [low / 10 ** (0.08 * decades), high * 10 ** (0.08 * decades)];
  const within = values.filter((value) => value >= first && value <= last);
  return within.length < 2 ? { tickCount: 4 } : { values: within };
}

/** The name of the chart of a metric: `decode-rate` for `decodeRate`. */
export function chartName(metric: MetricName): string {
  return metric.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** A title names more items than this by the first and the last. */
const MOST_LISTED = 3;

/** `a, b and c`, or `a to z` for many, in the order in which they are given. */
export function listEnds(items: readonly string[]): string {
  return items.length > MOST_LISTED ? `${items[0]} to ${items.at(-1)}` : list(items);
}

/** `n = 40`, or `n = 38 to 40` where it is not the same everywhere. */
export function nOf(counts: readonly number[]): string {
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return `n = ${formatCount(least)}${least === most ? '' : ` to ${formatCount(most)}`}`;
}
