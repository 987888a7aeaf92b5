/**
 * A chart is a Vega-Lite specification that a pure function builds from the analysis, with a title that states the finding and
 * a text for readers who cannot see it. If there is nothing to show, there is a reason in place of the chart.
 *
 * SLMs are cool and round, LLMs are warm and square in every chart, so that every kind of colour vision can tell them apart,
 * and a reader without colour too. Models of one class differ by shade, and their lines by dashes; from the fifth model on they
 * differ by shape too. Each shade has a contrast of 3 to 1 on white and on the page's dark ground (WCAG 1.4.11). Text takes the colour of the page around the picture, so
 * that one picture fits a light page, a dark page and paper.
 */
import type { Analysis, ModelAnalysis } from '../../analyse/analysis.js';
import type { MetricName } from '../../measure/metrics.js';
import type { Recommendation } from '../../recommend/recommendation.js';
import type { Chart, Look, Shape, Spec } from '../document.js';
import { formatCount, list } from '../format.js';
import { plain, wrapLines } from '../text.js';

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
const LARGE = ['#d55e00', '#8a4b2a', '#b8860b', '#c2407a'] as const;
const OTHER = ['#6e6e6e', '#8f8f8f'] as const;
/** Lengths of strokes and gaps, in the order of models within their class. */
const DASHES = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 2, 2, 2],
] as const;

export const CASCADE_COLOUR = '#009e73';
export const QUIET = '#8a8a8a';
export const LIMIT_COLOUR = '#cc3311';
/** Shares as shades of one colour that lets the ground through: text stays readable on light and on dark pages. */
export const SHADED = { colour: '#0072b2', range: [0.03, 0.55] } as const;

export function looksOf(models: readonly ModelAnalysis[]): ReadonlyMap<string, Look> {
  const seen = { slm: 0, llm: 0, other: 0 };
  const kinds = {
    slm: { palette: SMALL, shapes: ['circle', 'diamond', 'triangle-up', 'triangle-down'] },
    llm: { palette: LARGE, shapes: ['square', 'cross', 'triangle-right', 'triangle-left'] },
    other: { palette: OTHER, shapes: ['arrow', 'wedge'] },
  } as const satisfies Record<string, { readonly palette: readonly string[]; readonly shapes: readonly Shape[] }>;
  return new Map(
    models.map((model, i) => {
      const kind = model.class ?? 'other';
      const { palette, shapes } = kinds[kind];
      const order = seen[kind]++;
      const round = Math.floor(order / palette.length);
      const look: Look = {
        number: i + 1,
        colour: palette[order % palette.length]!,
        shape: shapes[round % shapes.length]!,
        dash: DASHES[(order + round) % DASHES.length]!,
      };
      return [model.id, look];
    }),
  );
}

/** The colour of each model, with a legend if there are several. */
export function modelColour(models: readonly ModelAnalysis[], all: readonly ModelAnalysis[] = models): Spec {
  return byModel(models, all, ({ colour }) => colour);
}

/** Marks models in charts of points. Its legend merges with the legend of the colour. */
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

/** Units of width of a label. Vega overestimates the width of letters, so its limit must be generous. */
const LABEL = 280;

/** A legend below the plot, in as many columns as fit. */
export function legendOf(labels: readonly string[]): Spec {
  const longest = Math.min(LABEL, Math.max(...labels.map((label) => label.length)) * 6.2);
  return {
    orient: 'bottom',
    columns: Math.max(1, Math.floor(WIDTH / (longest + 34))),
    labelLimit: LABEL,
    symbolLimit: 60,
  };
}

/** The same chart for the page, which has a caption for its title and one legend for all charts. */
export function bare({ title: _title, ...spec }: Spec): Spec {
  return mapObjects(spec, ({ legend, ...object }) => {
    if (!legend) return legend === undefined ? object : { ...object, legend };
    return { ...object, legend: object.field === 'model' ? null : { ...(legend as Spec), columns: 1 } };
  }) as Spec;
}

function mapObjects(value: unknown, change: (object: Spec) => Spec): unknown {
  if (Array.isArray(value)) return value.map((item) => mapObjects(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(change(value as Spec)).map(([key, item]) => [key, mapObjects(item, change)]),
  );
}

/** A label whose middle is nearer to the end of its axis than this many units of width would be cut. */
const FLUSH = 18;

const SCHEMA = 'https://vega.github.io/schema/vega-lite/v6.json';
export const WIDTH = 560;

/** A complete specification: the parts that all charts share, and the parts of this one. */
export function specOf({ title, note }: Pick<Chart, 'title' | 'note'>, spec: Spec): Spec {
  return {
    $schema: SCHEMA,
    title: { text: wrapLines(title, 78), subtitle: wrapLines(note, 92), anchor: 'start', fontSize: 13, offset: 12 },
    width: WIDTH,
    ...spec,
    config: {
      // The element around the picture describes it in words, so the single marks need no labels.
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
      // A label at the end of an axis that is not moved inwards would be cut at the end of the picture.
      axisQuantitative: { labelFlush: true, labelOverlap: 'greedy', labelSeparation: 6 },
      axisXQuantitative: { labelFlush: FLUSH },
      legend: { labelColor: 'currentColor', titleColor: 'currentColor', titleFontWeight: 'normal' },
      header: { labelColor: 'currentColor', titleColor: 'currentColor', labelFontWeight: 600, labelLimit: 300 },
      text: { color: 'currentColor' },
      rule: { color: QUIET },
      ...((spec.config as Spec | undefined) ?? {}),
    },
  };
}

/** Vega expressions for axis labels in readable units; the data stay in base units. An expression never holds data. */
export const LABELS = {
  microseconds: "format(datum.value * 1e6, ',.3~r')",
  milliseconds: "format(datum.value * 1e3, ',.3~r')",
  seconds: "format(datum.value, ',.3~r')",
  share: "format(datum.value * 100, '.3~r') + '%'",
  points: "datum.value == 0 ? '0' : format(datum.value * 100, '+.3~r')",
  dollars: "'$' + format(datum.value, ',.3~r')",
  rate: "format(datum.value, ',.3~r')",
  tokens: "format(datum.value, ',.3~r')",
  count: "format(datum.value, '~s')",
} as const;

/** The unit in which times of up to `longest` seconds have short labels. */
export function timeUnit(longest: number): 'microseconds' | 'milliseconds' | 'seconds' {
  if (longest < 2e-3) return 'microseconds';
  return longest < 20 ? 'milliseconds' : 'seconds';
}

/** An axis whose ends differ by less than this factor has no round labels. */
const LEAST_FACTOR = 1.5;

/** The ends of a logarithmic axis, at least `LEAST_FACTOR` apart. */
export function widened(low: number, high: number): [low: number, high: number] {
  const factor = Math.max(1, Math.sqrt(LEAST_FACTOR / (high / low)));
  return [low / factor, high * factor];
}

/** From a number of decades on, the digits of the ticks: of each decade about the same number fit. */
const STEPS = [
  [3, [1]],
  [0.8, [1, 2, 5]],
  [0.4, [1, 1.5, 2, 3, 4, 5, 7]],
  [Number.NEGATIVE_INFINITY, [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9]],
] as const;

/** Round numbers for a logarithmic axis, few enough to read. If fewer than two fit, Vega chooses. */
export function logTicks(low: number, high: number): Spec {
  const decades = Math.log10(high / low);
  const steps = STEPS.find(([least]) => decades > least)![1];
  const values: number[] = [];
  for (let power = Math.floor(Math.log10(low)) - 1; power <= Math.ceil(Math.log10(high)); power++) {
    values.push(...steps.map((step) => Number((step * 10 ** power).toPrecision(6))));
  }
  // The axis has padding beyond its ends.
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

/** `n = 40`, or `n = 38 to 40` if the counts differ. */
export function nOf(counts: readonly number[]): string {
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return `n = ${formatCount(least)}${least === most ? '' : ` to ${formatCount(most)}`}`;
}

/** Others write the names of models: XML allows no control characters, and a title must hold no marks of direction. */
export function plainly<T>(value: T): T {
  if (typeof value === 'string') return plain(value) as T;
  if (Array.isArray(value)) return value.map(plainly) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainly(item)])) as T;
}
