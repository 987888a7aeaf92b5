/**
 * The report as data: sections of blocks, tables with typed cells, charts by name. It is built once from an analysis and its
 * recommendation (document/build.ts). Markdown, HTML and the terminal render it: they lay out, escape and format, but compute
 * no number and write no sentence, so that they cannot disagree.
 *
 * Texts may hold names that others wrote: renderers escape every text.
 */
import type { MemoryVerdict } from '../capacity/memory-interval.js';
import type { Unit } from '../measure/metric.js';
import type { Missing } from '../quantity.js';
import type { LimitCheck } from '../recommend/limit-check.js';
import type { SuiteVerdict, TaskVerdict } from '../recommend/recommendation.js';

export interface Document {
  /** The title of the window. */
  readonly title: string;
  /** The question that the report answers. */
  readonly question: string;
  readonly contents: readonly Link[];
  readonly brief: Brief;
  readonly suites: readonly SuitePart[];
  /** The load test, in place of suites; null for a run. */
  readonly load: LoadPart | null;
  /** The sections after the suites: models, samples, method. */
  readonly sections: readonly Section[];
  /** Every chart that a `charts` block names. */
  readonly charts: readonly Chart[];
  readonly footer: string;
}

/** A Vega-Lite specification. */
export type Spec = Readonly<Record<string, unknown>>;

export interface Chart {
  /** The name of its files: `charts/<name>.vl.json`. */
  readonly name: string;
  /** The finding. */
  readonly title: string;
  /** How many values it shows, and what its intervals are; shown below the title. */
  readonly note: string;
  readonly alt: string;
  readonly spec: Spec;
}

/** A mark of a point, by its name in Vega. */
export type Shape =
  | 'circle'
  | 'square'
  | 'diamond'
  | 'cross'
  | 'triangle-up'
  | 'triangle-down'
  | 'triangle-left'
  | 'triangle-right'
  | 'arrow'
  | 'wedge';

/** How a model is drawn, the same in every chart of a report. */
export interface Look {
  /** The place among the models of the run, from 1. It stands beside points that have no room for a name. */
  readonly number: number;
  readonly colour: string;
  readonly shape: Shape;
  readonly dash: readonly number[];
}

/** One suite: its verdict and everything that supports it. */
export interface SuitePart {
  readonly name: string;
  readonly heading: string;
  /** What the verdict rests on: tasks, samples, models, machine, date. */
  readonly scope: string;
  readonly description: string | null;
  readonly verdict: Verdict;
  /** The verdicts on one screen. */
  readonly screen: readonly Block[];
  /** The same for a pull request, which has less room. */
  readonly short: readonly Block[];
  /** What supports the verdicts. */
  readonly sections: readonly Section[];
}

/** A load test: no verdict, but what each model holds under the question of the document. */
export interface LoadPart {
  readonly name: string;
  readonly heading: string;
  /** What the figures rest on: models, steps, requests, machine, date. */
  readonly scope: string;
  /** Why the test is not whole. */
  readonly alarms: readonly Note[];
  /** One for each model. All of them stand open. */
  readonly sections: readonly Section[];
}

export type VerdictKind = SuiteVerdict['kind'] | TaskVerdict['kind'];

export interface Verdict {
  readonly kind: VerdictKind;
  /** How many tasks have which verdict. */
  readonly sentence: string;
  /** Which models `small` and `large` stand for, and by how much a small one may be worse. */
  readonly key: string;
}

/** The tasks with one verdict. */
export interface VerdictCount {
  readonly verdict: VerdictKind;
  readonly name: string;
  readonly count: number;
  readonly tasks: string;
}

export interface Section {
  readonly kind: 'section';
  /** The name by which links reach the section. */
  readonly name?: string;
  readonly heading: string;
  /** Whether a page shows the heading alone until a reader opens the section. */
  readonly folded?: true;
  readonly body: readonly Block[];
}

export type Block =
  | Section
  | Table
  | { readonly kind: 'text'; readonly text: string }
  | Note
  | { readonly kind: 'list'; readonly title?: string; readonly items: readonly string[] }
  | { readonly kind: 'terms'; readonly terms: readonly Term[] }
  | { readonly kind: 'warnings'; readonly warnings: readonly WarningText[] }
  | { readonly kind: 'facts'; readonly facts: readonly Fact[] }
  | { readonly kind: 'counts'; readonly counts: readonly VerdictCount[] }
  | { readonly kind: 'commands'; readonly title?: string; readonly commands: readonly string[] }
  | { readonly kind: 'metrics'; readonly note: string; readonly metrics: readonly MetricMeaning[] }
  | { readonly kind: 'legend'; readonly models: readonly LegendEntry[] }
  | ChartGroup
  /** The place for the list of samples, which a page's script fills. */
  | { readonly kind: 'samples'; readonly text: string };

export interface Note {
  readonly kind: 'note';
  readonly text: string;
  /** A link to more about the subject. */
  readonly link?: Link;
  readonly alarm?: true;
}

export interface Link {
  /** The name of a section. */
  readonly to: string;
  readonly text: string;
}

export interface Term {
  readonly term: string;
  readonly text: string;
}

export interface WarningText {
  readonly what: string;
  readonly remedy: string;
}

export type Fact = readonly [name: string, value: string];

export interface MetricMeaning {
  readonly name: string;
  readonly title: string;
  readonly read: string;
  readonly formula: string;
  readonly source: string;
}

export interface ChartGroup {
  readonly kind: 'charts';
  /** Null where the section has the heading. */
  readonly title: string | null;
  /** Names of charts in `Document.charts`. */
  readonly charts: readonly string[];
  /** Why a chart of this group is not shown. */
  readonly absent: readonly string[];
}

export interface LegendEntry {
  readonly model: string;
  readonly class: string;
  readonly look: Look;
}

export interface Table {
  readonly kind: 'table';
  readonly name: string;
  /** What the table shows, for readers who cannot see it. */
  readonly label: string;
  readonly columns: readonly Column[];
  /** The first cell of a row names it. */
  readonly rows: readonly (readonly TableCell[])[];
  /**
   * A `list` has a row for each thing; `cards` become one card for each row on a narrow page. A `matrix` has a column for each
   * thing, and may join equal neighbours.
   */
  readonly shape: 'list' | 'cards' | 'matrix';
  /** What was left out of a table that is too long for its place. */
  readonly rest?: string;
}

export interface Column {
  readonly title: string;
  /** Names may be shortened, sentences may be wrapped, numbers stand on the right. */
  readonly holds: 'names' | 'words' | 'sentences' | 'numbers';
  /** How to read the column. */
  readonly read?: string;
  /** The metric that the column shows: a page links to its formula. */
  readonly metric?: string;
}

/** A limit as it was judged. */
export type LimitState = LimitCheck['state'];

/** Units of single cells, beside those of metrics: `points` are differences of scores, `relative` differences as shares. */
export type CellUnit = Unit | 'count' | 'parameters' | 'points' | 'factor' | 'relative';

export type TableCell =
  | { readonly kind: 'text'; readonly text: string; readonly detail?: string }
  | { readonly kind: 'quantity'; readonly value: number; readonly unit: CellUnit }
  | {
      readonly kind: 'estimate';
      readonly value: number;
      readonly low: number;
      /** Infinite where the interval is open above. */
      readonly high: number;
      readonly unit: CellUnit;
      /** What the value is of: `212 requests`. */
      readonly of?: string;
    }
  | Difference
  | { readonly kind: 'verdict'; readonly verdict: VerdictKind; readonly name: string }
  | { readonly kind: 'check'; readonly state: LimitState; readonly text: string }
  /** Whether a model fits a device: the bytes that it needs, their share of the usable memory, and the tokens per second of one stream. */
  | {
      readonly kind: 'fit';
      readonly verdict: MemoryVerdict;
      readonly needed: number;
      readonly share: number;
      readonly rate: Interval | null;
    }
  | { readonly kind: 'missing'; readonly reason: string };

export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** A difference in quality with the interval that decides, beside the margin. A page draws it; all values are score points. */
export interface Difference {
  readonly kind: 'difference';
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly margin: number;
  /** The ends of the axis on which all differences of a table are drawn. */
  readonly axis: readonly [low: number, high: number];
}

/** The answer in thirty lines, for a terminal. */
export interface Brief {
  readonly suites: readonly BriefSuite[];
  /** Whether the run is complete, and how large its noise is. */
  readonly run: string;
  /** The first warning, and how many more there are. */
  readonly warning: { readonly text: string; readonly rest: string } | null;
}

export interface BriefSuite {
  readonly heading: string;
  readonly verdict: Verdict;
  readonly alarms: readonly string[];
  readonly verdicts: Table;
  readonly reasons: readonly string[];
  readonly models: Table;
  /** What the machines of a fleet would choose, and which runs a model best; empty without several. */
  readonly machines: readonly string[];
  /** What a reader can do next. */
  readonly commands: readonly string[];
}

export function textCell(value: string, detail?: string): TableCell {
  return { kind: 'text', text: value, ...(detail !== undefined && { detail }) };
}

export function quantityCell(value: number, unit: CellUnit): TableCell {
  return { kind: 'quantity', value, unit };
}

export function missingCell(reason: string): TableCell {
  return { kind: 'missing', reason };
}

export function estimateCell(
  interval: { readonly value: number; readonly low: number; readonly high: number } | Missing,
  unit: CellUnit,
  of?: string,
): TableCell {
  if ('missing' in interval) return missingCell(interval.missing);
  const { value, low, high } = interval;
  return { kind: 'estimate', value, low, high, unit, ...(of !== undefined && { of }) };
}

export function valueCell(value: { readonly value: number } | Missing, unit: CellUnit): TableCell {
  return 'missing' in value ? missingCell(value.missing) : quantityCell(value.value, unit);
}
