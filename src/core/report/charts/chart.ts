/**
 * What a chart is: a Vega-Lite specification built by a pure function of the analysis, with a title that states the finding
 * and a text that says the same to whoever cannot see it. A chart without anything to show is none, with the reason.
 *
 * SLMs are blue and LLMs orange in every chart, models of one class told apart by lightness (Okabe and Ito's colours, told
 * apart by every kind of colour vision). Text takes the colour of what surrounds the picture, so one picture serves a light page, a
 * dark one and paper.
 */
import type { Analysis, ModelAnalysis } from '../../analyse/analysis.js';
import type { Recommendation } from '../../recommend/recommendation.js';

export type Spec = Readonly<Record<string, unknown>>;

export interface Chart {
  /** Of its files: `charts/<name>.vl.json`. */
  readonly name: string;
  readonly title: string;
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

const SMALL = ['#0072b2', '#56b4e9', '#004a73', '#8ab8d6'] as const;
const LARGE = ['#d55e00', '#e69f00', '#8f3f00', '#f0b27a'] as const;
const OTHER = ['#7a7a7a', '#b0b0b0', '#4d4d4d'] as const;

export const CASCADE_COLOUR = '#009e73';
export const QUIET = '#8a8a8a';

/** Each model's colour, the same in every chart of a report. */
export function coloursOf(models: readonly ModelAnalysis[]): ReadonlyMap<string, string> {
  const seen = { slm: 0, llm: 0, other: 0 };
  const shades = { slm: SMALL, llm: LARGE, other: OTHER } as const;
  return new Map(
    models.map((model) => {
      const kind = model.class ?? 'other';
      const palette = shades[kind];
      return [model.id, palette[seen[kind]++ % palette.length]!];
    }),
  );
}

/** The colour of a model, with a legend where there is more than one. */
export function modelColour(models: readonly ModelAnalysis[], all: readonly ModelAnalysis[] = models): Spec {
  const colours = coloursOf(all);
  const domain = models.map(({ id }) => id);
  return {
    field: 'model',
    type: 'nominal',
    title: null,
    scale: { domain, range: domain.map((id) => colours.get(id)!) },
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
export function specOf(title: string, own: Spec): Spec {
  return {
    $schema: SCHEMA,
    title: { text: wrapLines(title, 78), anchor: 'start', fontSize: 13, offset: 12 },
    width: WIDTH,
    ...own,
    config: {
      // The holder of the picture describes it in words; every mark for itself would be noise.
      aria: false,
      background: 'transparent',
      font: 'system-ui, sans-serif',
      view: { stroke: null },
      title: { color: 'currentColor', fontWeight: 600 },
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
      legend: { labelColor: 'currentColor', titleColor: 'currentColor', titleFontWeight: 'normal' },
      header: { labelColor: 'currentColor', titleColor: 'currentColor', labelFontWeight: 600, labelLimit: 300 },
      text: { color: 'currentColor' },
      rule: { color: QUIET },
      ...((own.config as Spec | undefined) ?? {}),
    },
  };
}

/** Vega expressions for axis labels in readable units; the data stay in base units. */
export const LABELS = {
  seconds:
    "datum.value == 0 ? '0' : datum.value < 0.001 ? format(datum.value * 1e6, '~r') + ' µs' : datum.value < 1 ? format(datum.value * 1e3, '~r') + ' ms' : format(datum.value, '~r') + ' s'",
  share: "format(datum.value * 100, '~r') + '%'",
  points: "datum.value == 0 ? '0' : format(datum.value * 100, '+~r')",
  dollars: "'$' + format(datum.value, '~r')",
  rate: "format(datum.value, '~s')",
} as const;

function wrapLines(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
