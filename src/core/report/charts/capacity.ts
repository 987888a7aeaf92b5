/** Charts of a plan: memory by kind, what one device holds, latency against load, and cost against quality. */
import type { CapacityReport, DevicePrediction } from '../../capacity/plan/answer.js';
import type { PredictedMemory, Prediction } from '../../capacity/predict.js';
import { durationLimit, LOAD_METRICS } from '../../load/objective.js';
import { isMissing } from '../../quantity.js';
import { loadUnit, placeWords } from '../capacity-words.js';
import { devicesOf } from '../devices-of.js';
import type { Chart, Spec } from '../document.js';
import { formatBytes, formatCount, formatDollars, formatScore, formatSeconds, plural } from '../format.js';
import { type ChartInput, LABELS, LIMIT_COLOUR, legendOf, type NoChart, plainly, QUIET, specOf } from './chart.js';

export function capacityCharts(report: CapacityReport): readonly (Chart | NoChart)[] {
  const memory = memoryByKind('capacity-memory-by-kind', report.predictions);
  if (report.wanted === undefined) return [plainly(memory)];
  return [memory, loadChart(report), ...latencyCharts(report), costChart(report)].map(plainly);
}

/** A row for each thing on the left. */
const rows = (height: number): Spec => ({ height: { step: height } });
const place = { field: 'place', type: 'nominal', title: null, sort: null };

const PARTS = ['weights', 'embeddings', 'cache', 'buffers', 'reserve'] as const;

/** The embeddings are a part of the weights, and each byte is drawn once. */
function bytesOfPart(memory: PredictedMemory, part: (typeof PARTS)[number]): number {
  return part === 'weights' ? memory.weights - memory.embeddings : memory[part];
}

/** Of a run: the memory of each model on the smallest device that holds it. What devices do under load takes a simulation: `rightsize capacity RUN`. */
export function runMemoryChart({ analysis, recommendation, suite }: ChartInput): Chart | NoChart {
  const { models } = devicesOf(analysis, recommendation.suites[suite]!);
  const held = models.flatMap(({ devices }) => devices.find(({ state }) => state === 'fits')?.prediction ?? []);
  const isKnown = models.some(({ devices }) => devices.some(({ prediction }) => !isMissing(prediction.memory)));
  return memoryByKind(
    'capacity-memory',
    held,
    isKnown ? 'no device of the table surely holds a model whose memory is predicted' : undefined,
  );
}

function memoryByKind(
  name: string,
  predictions: readonly Prediction[],
  absent = 'the memory is not predicted',
): Chart | NoChart {
  const known = predictions.flatMap((one) => (isMissing(one.memory) ? [] : [{ ...one, memory: one.memory }]));
  const title = 'Memory by kind, beside what each device has for a model';
  if (known.length === 0) return { name, title, missing: absent };
  const values = known.flatMap((one) =>
    PARTS.map((part, order) => ({
      place: placeWords(one),
      part,
      order,
      gib: bytesOfPart(one.memory, part) / 2 ** 30,
      shown: formatBytes(bytesOfPart(one.memory, part)),
    })),
  );
  const limits = known.map((one) => ({ place: placeWords(one), usable: one.memory.usable / 2 ** 30 }));
  const note = `${plural(known.length, 'pair')} of a model and a device`;
  const x = { type: 'quantitative', title: 'GiB; red: what the device has', axis: { labelExpr: LABELS.rate } };
  return {
    name,
    title,
    note,
    alt: `${known.map((one) => `${placeWords(one)}: ${formatBytes(one.memory.total)} of ${formatBytes(one.memory.usable)}`).join('; ')}.`,
    spec: specOf(
      { title, note },
      {
        ...rows(24),
        layer: [
          {
            data: { values },
            mark: { type: 'bar', height: 12 },
            encoding: {
              y: place,
              x: { ...x, field: 'gib', stack: 'zero' },
              color: { field: 'part', type: 'nominal', sort: [...PARTS], title: null, legend: legendOf(PARTS) },
              order: { field: 'order' },
              tooltip: [{ field: 'place' }, { field: 'part' }, { field: 'shown' }],
            },
          },
          {
            data: { values: limits },
            mark: { type: 'tick', color: LIMIT_COLOUR, opacity: 1, thickness: 3, height: 18 },
            encoding: { y: place, x: { ...x, field: 'usable' } },
          },
        ],
      },
    ),
  };
}

function loadChart({ predictions, objectives, wanted }: CapacityReport): Chart | NoChart {
  const name = 'capacity-load';
  const unit = loadUnit(wanted!);
  const title = `What one device holds${objectives.length === 0 ? '' : ' within the objectives'}, in ${unit}`;
  const values = predictions.flatMap((one) => {
    const plan = one.load?.plan;
    if (plan === undefined || isMissing(plan) || isMissing(plan.greatest)) return [];
    return [{ place: placeWords(one), ...plan.greatest, shown: formatCount(plan.greatest.value) }];
  });
  if (values.length === 0) return { name, title, missing: 'there is no objective, or no device holds any load' };
  const note = `${plural(values.length, 'pair')} of a model and a device; 90% intervals`;
  const x = { type: 'quantitative', title: unit };
  return {
    name,
    title,
    note,
    alt: `${values.map((one) => `${one.place}: ${one.shown} (${formatCount(one.low)} to ${formatCount(one.high)})`).join('; ')}.`,
    spec: specOf(
      { title, note },
      {
        ...rows(22),
        data: { values },
        layer: [
          { mark: { type: 'rule' }, encoding: { y: place, x: { ...x, field: 'low' }, x2: { field: 'high' } } },
          {
            mark: { type: 'point', filled: true, size: 60, opacity: 1 },
            encoding: { y: place, x: { ...x, field: 'value' }, tooltip: [{ field: 'place' }, { field: 'shown' }] },
          },
        ],
      },
    ),
  };
}

/** One chart for each objective on a duration that the curve has. */
function latencyCharts({ predictions, objectives, wanted }: CapacityReport): readonly (Chart | NoChart)[] {
  const metrics = (['ttft', 'tpot', 'e2e'] as const).filter((metric) =>
    objectives.some(
      (objective) => objective.metric === metric || (metric === 'tpot' && objective.metric === 'decodeRate'),
    ),
  );
  return metrics.map((metric): Chart | NoChart => {
    const { short } = LOAD_METRICS[metric];
    const name = `capacity-${metric}`;
    const title = `${short} p95 against load of one device`;
    const values = predictions.flatMap((one) => {
      const plan = one.load?.plan;
      if (plan === undefined || isMissing(plan)) return [];
      return plan.curve.flatMap((point) =>
        Number.isFinite(point[metric]) ? [{ place: placeWords(one), load: point.load, seconds: point[metric] }] : [],
      );
    });
    if (values.length === 0) return { name, title, missing: 'no device holds any load within the objectives' };
    const limits = objectives
      .filter((objective) => objective.metric === metric)
      .map((objective) => ({ seconds: durationLimit(objective).seconds }));
    const places = [...new Set(values.map(({ place: one }) => one))];
    const note = `Up to a quarter beyond the greatest load; the median of the constants, without their doubt${limits.length > 0 ? '; dashed: the limit' : ''}`;
    const y = { field: 'seconds', type: 'quantitative', title: 'seconds', scale: { type: 'log' } };
    return {
      name,
      title,
      note,
      alt: `${places.map((one) => `${one}: ${curveWords(values.filter(({ place: other }) => other === one))}`).join('; ')}.`,
      spec: specOf(
        { title, note },
        {
          height: 240,
          layer: [
            ...(limits.length === 0
              ? []
              : [
                  {
                    data: { values: limits },
                    mark: { type: 'rule', color: QUIET, strokeDash: [4, 3] },
                    encoding: { y },
                  },
                ]),
            {
              data: { values },
              mark: { type: 'line', point: true },
              encoding: {
                x: { field: 'load', type: 'quantitative', title: loadUnit(wanted!) },
                y,
                color: { field: 'place', type: 'nominal', title: null, sort: null, legend: legendOf(places) },
                tooltip: [{ field: 'place' }, { field: 'load' }, { field: 'seconds' }],
              },
            },
          ],
        },
      ),
    };
  });
}

function curveWords(points: readonly { readonly load: number; readonly seconds: number }[]): string {
  const [first, last] = [points[0]!, points.at(-1)!];
  return `${formatSeconds(first.seconds)} at ${formatCount(first.load)}, ${formatSeconds(last.seconds)} at ${formatCount(last.load)}`;
}

function costChart({ predictions }: CapacityReport): Chart | NoChart {
  const name = 'capacity-cost-quality';
  const title = 'Cost of a month against the share of right answers';
  const values = predictions.flatMap((one) => {
    const money = one.load?.money;
    if (money === undefined || isMissing(money) || isMissing(one.quality)) return [];
    return [point(one, one.quality, money.month)];
  });
  if (values.length === 0) return { name, title, missing: 'it takes a run that tells quality, a demand, and a price' };
  const note = `${plural(values.length, 'pair')} of a model and a device; 90% intervals of cost, 95% intervals of quality`;
  const x = { field: 'quality', type: 'quantitative', title: 'right answers', axis: { labelExpr: LABELS.share } };
  const y = { field: 'month', type: 'quantitative', title: 'dollars a month', axis: { labelExpr: LABELS.dollars } };
  const places = values.map(({ place: one }) => one);
  return {
    name,
    title,
    note,
    alt: `${values.map((one) => `${one.place}: ${one.shown}`).join('; ')}.`,
    spec: specOf(
      { title, note },
      {
        height: 240,
        data: { values },
        layer: [
          { mark: { type: 'rule' }, encoding: { x, y: { ...y, field: 'monthLow' }, y2: { field: 'monthHigh' } } },
          { mark: { type: 'rule' }, encoding: { y, x: { ...x, field: 'qualityLow' }, x2: { field: 'qualityHigh' } } },
          {
            mark: { type: 'point', filled: true, size: 60, opacity: 1 },
            encoding: {
              x,
              y,
              color: { field: 'place', type: 'nominal', title: null, sort: null, legend: legendOf(places) },
              tooltip: [{ field: 'place' }, { field: 'shown' }],
            },
          },
        ],
      },
    ),
  };
}

interface Ends {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

function point(one: DevicePrediction, quality: Ends, month: Ends) {
  return {
    place: placeWords(one),
    quality: quality.value,
    qualityLow: quality.low,
    qualityHigh: quality.high,
    month: month.value,
    monthLow: month.low,
    monthHigh: Number.isFinite(month.high) ? month.high : month.value,
    shown: `${formatDollars(month.value)} a month, ${formatScore(quality.value)} right`,
  };
}
