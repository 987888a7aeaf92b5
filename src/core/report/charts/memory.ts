/**
 * The memory that each model needs, and the memory of devices: weights, KV cache and runtime are stacked up to the measured
 * peak, and lines mark the usable memory of devices and the limit of the suite. Where one model needs more than ten times as much
 * as another, the axis is logarithmic. Lengths on it cannot be added, so a point for the estimate stands in place of the stack.
 */

import type { Device } from '../../capacity/device.js';
import type { ModelFit } from '../../capacity/fit.js';
import type { ModelDevices } from '../../capacity/plan/run-devices.js';
import { isMissing } from '../../quantity.js';
import { devicesOf } from '../devices-of.js';
import type { Chart, Spec } from '../document.js';
import { formatBytes, list, plural } from '../format.js';
import { type ChartInput, legendOf, logTicks, type NoChart, specOf, widened } from './chart.js';

const NAME = 'memory';
const PARTS = ['weights', 'KV cache', 'runtime before loading', 'engine and buffers'] as const;
const SHADES = ['#117733', '#4cae7f', '#757575', '#a8a8a8'] as const;
const PEAK = 'measured peak';
const ESTIMATE = 'estimate';
/** The colour of text, which is that of no class of models. */
const INK = 'currentColor';

export function memoryChart({ analysis, recommendation, suite }: ChartInput): Chart | NoChart {
  const { fits, devices, requirement } = recommendation.suites[suite]!;
  const shown = fits.filter((fit) => needOf(fit) !== null);
  if (shown.length === 0) {
    const reason = analysis.models
      .map(({ memory }) => memory.peak.resident)
      .flatMap((peak) => (isMissing(peak) ? [peak.missing] : []));
    return { name: NAME, title: 'Memory by model', missing: reason[0] ?? 'no model was run on this machine' };
  }
  const most = Math.max(...shown.map((fit) => needOf(fit)!));
  // Bytes would be labelled at round powers of ten, which are odd numbers of MiB.
  const unit = most >= 2 ** 30 ? { name: 'GiB', bytes: 2 ** 30 } : { name: 'MiB', bytes: 2 ** 20 };
  const { models } = devicesOf(analysis, recommendation.suites[suite]!);
  const title = titleOf(shown, {
    devices,
    places: models.filter(({ model }) => shown.some((fit) => fit.model === model)),
  });
  const y = { field: 'model', type: 'nominal', title: null, sort: analysis.models.map(({ id }) => id) };
  const least = Math.min(...shown.flatMap(readingsOf));
  const isWide = least > 0 && most > DECADE * least;
  const lines = linesUpTo(most, devices, requirement.limits.memory?.max ?? null);
  const limits = labelled(
    lines,
    placeOn(isWide ? [least, Math.max(most, ...lines.map(({ bytes }) => bytes))] : null, lines),
  );
  const drawing = {
    shown,
    limits,
    unit,
    y,
    ends: [least, Math.max(most, ...limits.map(({ bytes }) => bytes))] as const,
  };
  const { layers, told } = isWide ? pointLayers(drawing) : barLayers(drawing);
  const note = noteOf([`${plural(shown.length, 'model')}, largest reading of all sessions`, ...told], devices, limits);
  const spec = specOf(
    { title, note },
    {
      height: { step: 26 },
      layer: layers,
      // On a page that is narrower the names of lines would lie over one another, so the chart scrolls.
      ...(limits.length > 1 && { usermeta: { leastWidth: LEAST_WIDTH } }),
    },
  );
  const absent = analysis.models.filter(({ id }) => shown.every(({ model }) => model !== id)).map(({ id }) => id);
  const alt =
    `${shown.map(describe).join('; ')}.` +
    `${limits.length > 0 ? ` Limits: ${limits.map(({ name, bytes }) => `${name} ${formatBytes(bytes)}`).join(', ')}.` : ''}` +
    `${absent.length > 0 ? ` Not known for ${list(absent)}.` : ''}`;
  return { name: NAME, title, note, alt, spec };
}

const LEAST_WIDTH = 480;

/** If values differ by this factor, the smallest bar would be a line of few pixels. */
const DECADE = 10;

interface Drawing {
  readonly shown: readonly ModelFit[];
  readonly limits: readonly LabelledLimit[];
  readonly unit: { readonly name: string; readonly bytes: number };
  readonly y: Spec;
  /** Bytes of the smallest and the largest value that is drawn. */
  readonly ends: readonly [number, number];
}

interface Layers {
  readonly layers: readonly Spec[];
  /** What a reader must know of the marks. */
  readonly told: readonly string[];
}

function barLayers({ shown, limits, unit, y }: Drawing): Layers {
  const x = { type: 'quantitative', title: `memory of one request at a time, ${unit.name}`, axis: { tickCount: 6 } };
  const isEstimated = shown.some(({ estimate }) => !isMissing(estimate));
  const marks = marksOf(isEstimated ? [...PARTS, PEAK] : [PEAK]);
  const bars = {
    data: { values: shown.flatMap((fit) => partsOf(fit, unit.bytes)) },
    mark: { type: 'bar', height: { band: 0.7 } },
    encoding: {
      y,
      x: { ...x, field: 'memory' },
      color: marks.color,
      order: { field: 'order' },
      tooltip: [{ field: 'model' }, { field: 'part' }, { field: 'shown', title: 'memory' }],
    },
  };
  return {
    layers: [bars, peakLayer(shown, unit.bytes, { y, x, marks }), ...limitLayers(limits, unit.bytes, x)],
    told: isEstimated ? ['stacked: the estimate, and the rest up to the measured peak'] : [],
  };
}

/** An upright stroke, in the units of a symbol of Vega. */
const STROKE = 'M-0.09,-1H0.09V1H-0.09Z';

/** The colour and the shape of everything that is drawn. Their legends merge, so each mark stands there as it is drawn. */
const LOOKS: Readonly<Record<string, readonly [colour: string, shape: string]>> = {
  ...Object.fromEntries(PARTS.map((part, i) => [part, [SHADES[i]!, 'square'] as const])),
  [ESTIMATE]: [SHADES[1], 'circle'],
  [PEAK]: [INK, STROKE],
};

function marksOf(labels: readonly string[]): Readonly<Record<'color' | 'shape', Spec>> {
  const by = (range: readonly string[]) => ({
    field: 'part',
    type: 'nominal',
    title: null,
    scale: { domain: labels, range },
    legend: legendOf(labels),
  });
  return { color: by(labels.map((label) => LOOKS[label]![0])), shape: by(labels.map((label) => LOOKS[label]![1])) };
}

/** A point for the estimate and a stroke for the measured peak, with a line between them. */
function pointLayers({ shown, limits, unit, y, ends }: Drawing): Layers {
  const [low, high] = [ends[0] / unit.bytes, ends[1] / unit.bytes];
  const x = {
    type: 'quantitative',
    title: `memory of one request at a time, ${unit.name} (log scale)`,
    scale: { type: 'log', nice: false, padding: 10, domain: widened(low, high) },
    axis: { ...logTicks(low, high) },
  };
  const marks = marksOf([ESTIMATE, PEAK]);
  const points = shown.flatMap(({ model, estimate }) =>
    isMissing(estimate)
      ? []
      : [{ model, part: ESTIMATE, memory: estimate.total / unit.bytes, shown: formatBytes(estimate.total) }],
  );
  const spans = shown.flatMap(({ model, estimate, measured }) =>
    isMissing(estimate) || isMissing(measured)
      ? []
      : [{ model, from: estimate.total / unit.bytes, to: measured.value / unit.bytes }],
  );
  const layers = [
    {
      data: { values: spans },
      mark: { type: 'rule', color: SHADES[3] },
      encoding: { y, x: { ...x, field: 'from' }, x2: { field: 'to' } },
    },
    {
      data: { values: points },
      mark: { type: 'point', filled: true, size: 60, opacity: 1 },
      encoding: {
        y,
        x: { ...x, field: 'memory' },
        ...marks,
        tooltip: [{ field: 'model' }, { field: 'shown', title: ESTIMATE }],
      },
    },
    peakLayer(shown, unit.bytes, { y, x, marks }),
    ...limitLayers(limits, unit.bytes, x),
  ];
  return { layers, told: ['on a log scale, because one needs more than ten times as much as another'] };
}

interface PeakEncoding {
  readonly y: Spec;
  readonly x: Spec;
  readonly marks: Readonly<Record<'color' | 'shape', Spec>>;
}

function peakLayer(shown: readonly ModelFit[], unit: number, { y, x, marks }: PeakEncoding): Spec {
  return {
    data: { values: shown.flatMap((fit) => peakOf(fit, unit)) },
    mark: { type: 'point', filled: true, size: 550, opacity: 1 },
    encoding: {
      ...marks,
      y,
      x: { ...x, field: 'memory' },
      tooltip: [{ field: 'model' }, { field: 'shown', title: PEAK }],
    },
  };
}

/** The drawn parts of a model's memory, in bytes. */
function readingsOf({ estimate, measured }: ModelFit): number[] {
  return [...(isMissing(estimate) ? [] : [estimate.total]), ...(isMissing(measured) ? [] : [measured.value])];
}

/** The larger of estimate and measurement, by which a device is judged. */
function needOf(fit: ModelFit): number | null {
  const needs = readingsOf(fit);
  return needs.length === 0 ? null : Math.max(...needs);
}

/** The last part is the measured peak minus the estimate; it is 0 if the estimate is larger. */
function partsOf({ model, estimate, measured }: ModelFit, unit: number) {
  if (isMissing(estimate)) return [];
  const rest = isMissing(measured) ? 0 : Math.max(0, measured.value - estimate.total);
  const bytes = [estimate.weights, estimate.cache, estimate.runtime, rest];
  return PARTS.map((part, order) => ({
    model,
    part,
    order,
    memory: bytes[order]! / unit,
    shown: formatBytes(bytes[order]!),
  }));
}

function peakOf({ model, measured }: ModelFit, unit: number) {
  return isMissing(measured)
    ? []
    : [{ model, part: PEAK, memory: measured.value / unit, shown: formatBytes(measured.value) }];
}

interface Limit {
  readonly name: string;
  readonly bytes: number;
}

/** A line with the text beside it: its own name and those of lines near to it, or nothing beside such a line. */
interface LabelledLimit extends Limit {
  readonly label: string;
}

/** Nobody can tell more lines apart. */
const MOST_LINES = 5;
/** A line further away than this, relative to the longest bar, would squeeze all bars together. */
const REACH = 2.5;

/** The limit of the suite, the devices that are too small for some model, and the smallest device that holds all models. */
function linesUpTo(most: number, devices: readonly Device[], limit: number | null): Limit[] {
  const usable = devices
    .map(({ name, memory, usable: share }) => ({ name, bytes: memory * share }))
    .sort((a, b) => a.bytes - b.bytes);
  const first = usable.find(({ bytes }) => bytes >= most);
  const near = usable.filter((device) => device.bytes < most || device === first);
  const lines = [...(limit === null ? [] : [{ name: 'limit of the suite', bytes: limit }]), ...near.slice(-MOST_LINES)];
  return lines.filter(({ bytes }) => bytes <= REACH * most);
}

/** Where a line lies on its axis, from 0 to 1. `ends` are those of a logarithmic axis. */
type Place = (line: Limit) => number;

function placeOn(ends: readonly [low: number, high: number] | null, lines: readonly Limit[]): Place {
  if (ends === null) {
    const longest = Math.max(...lines.map(({ bytes }) => bytes));
    return ({ bytes }) => bytes / longest;
  }
  const [low, high] = ends;
  return ({ bytes }) => Math.log(bytes / low) / Math.log(high / low);
}

/** Lines that are nearer to each other than this share of the axis share a label: two would cover each other. */
const NEAR = 0.06;

function labelled(lines: readonly Limit[], placeOf: Place): LabelledLimit[] {
  const found: LabelledLimit[] = [];
  let first = 0;
  lines
    .toSorted((a, b) => a.bytes - b.bytes)
    .forEach((line, i) => {
      const begun = found[first];
      if (begun === undefined || placeOf(line) - placeOf(begun) >= NEAR) {
        first = i;
        found.push({ ...line, label: line.name });
      } else {
        found[first] = { ...begun, label: `${begun.label} / ${line.name}` };
        found.push({ ...line, label: '' });
      }
    });
  return found;
}

function limitLayers(limits: readonly LabelledLimit[], unit: number, x: Spec): Spec[] {
  if (limits.length === 0) return [];
  const values = limits.map(({ name, label, bytes }) => ({
    name,
    label,
    memory: bytes / unit,
    shown: formatBytes(bytes),
  }));
  const encoding = { x: { ...x, field: 'memory' }, tooltip: [{ field: 'name' }, { field: 'shown', title: 'usable' }] };
  return [
    { data: { values }, mark: { type: 'rule', strokeDash: [4, 3], strokeWidth: 1.5 }, encoding },
    {
      data: { values: values.filter(({ label }) => label !== '') },
      mark: { type: 'text', align: 'left', angle: 330, dx: 2, dy: -5, fontSize: 10, limit: 280 },
      encoding: { ...encoding, y: { value: 0 }, text: { field: 'label' } },
    },
  ];
}

/** Bars have no interval: they are sums, or readings of one process. The note names the smallest device if no line fits. */
function noteOf(parts: readonly string[], devices: readonly Device[], drawn: readonly Limit[]): string {
  const [smallest] = [...devices].sort((a, b) => a.memory * a.usable - b.memory * b.usable);
  const further =
    drawn.length > 0 || smallest === undefined
      ? []
      : [`every device has more memory (${smallest.name}: ${formatBytes(smallest.memory * smallest.usable)})`];
  return [...parts, ...further].join('; ');
}

function titleOf(
  fits: readonly ModelFit[],
  { devices, places }: { readonly devices: readonly Device[]; readonly places: readonly ModelDevices[] },
): string {
  const sorted = [...fits].sort((a, b) => needOf(a)! - needOf(b)!);
  const [least, most] = [sorted[0]!, sorted.at(-1)!];
  const need = (fit: ModelFit) => `${fit.model} needs ${formatBytes(needOf(fit)!)}`;
  const holds = devices.find((_, i) => places.every((place) => place.devices[i]!.state === 'fits'));
  const where =
    holds === undefined ? 'no device of the table holds all' : `the smallest device that holds all: ${holds.name}`;
  return `${least === most ? need(most) : `${need(least)}, ${need(most)}`}; ${where}`;
}

function describe({ model, estimate, measured }: ModelFit): string {
  const parts = isMissing(estimate)
    ? `no estimate (${estimate.missing})`
    : `weights ${formatBytes(estimate.weights)}, KV cache ${formatBytes(estimate.cache)}, runtime ${formatBytes(estimate.runtime)}`;
  return `${model}: ${parts}, ${isMissing(measured) ? 'not measured' : `measured ${formatBytes(measured.value)}`}`;
}
