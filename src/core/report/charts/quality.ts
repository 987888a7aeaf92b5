/** A heat map of quality: a row for each model, a column for each task, and a mark where a limit on quality is met or missed. */
import { isMissing } from '../../quantity.js';
import type { LimitCheck } from '../../recommend/limit-check.js';
import { decidingEstimate } from '../deciding.js';
import type { Chart } from '../document.js';
import { formatCount, formatEstimate, formatScore, plural } from '../format.js';
import { shorten } from '../text.js';
import { type ChartInput, type NoChart, nOf, SHADED, specOf, WIDTH } from './chart.js';
import { type Finding, titleOf } from './finding.js';

const NAME = 'quality-by-task';

export function qualityChart({ analysis, recommendation, suite }: ChartInput): Chart | NoChart {
  const { tasks } = analysis.suites[suite]!;
  const rows = tasks.flatMap(({ name, cells }, t) =>
    cells.flatMap(({ model, quality }): Row[] => {
      if (isMissing(quality)) return [];
      const { checks } = recommendation.suites[suite]!.tasks[t]!;
      const own = checks.find((one) => one.model === model)?.checks ?? [];
      const limit = own.find((check) => check.limit === 'quality');
      return [rowOf(name, model, decidingEstimate(own, 'quality') ?? quality, limit?.state ?? null)];
    }),
  );
  if (rows.length === 0) {
    const reason = tasks
      .flatMap(({ cells }) => cells)
      .flatMap(({ quality }) => (isMissing(quality) ? [quality.missing] : []))[0];
    return { name: NAME, title: 'Quality by model and task', missing: reason ?? 'the suite has no tasks' };
  }
  const title = titleOf(rows, FINDINGS, otherwise);
  const limited = rows.some(({ state }) => state !== null);
  const note = `${nOf(rows.map(({ n }) => n))} samples a cell; quality in %${limited ? '; ✓ the limit is met, ✗ missed, ? open' : ''}`;
  const models = analysis.models.filter(({ id }) => rows.some(({ model }) => model === id));
  const least = ROOM_FOR_MODELS + ROOM_FOR_CELL * new Set(rows.map(({ task }) => task)).size;
  const spec = specOf(
    { title, note },
    {
      width: Math.max(WIDTH, least),
      height: { step: models.length > 20 ? 18 : 26 },
      // A page that is narrower scrolls: numbers must not lie over one another.
      usermeta: { leastWidth: least },
      // The slanted name of the last task reaches beyond the cells.
      padding: { left: 5, top: 5, right: 28, bottom: 5 },
      data: { values: rows },
      encoding: {
        x: { field: 'task', type: 'nominal', title: null, sort: null, axis: { labelAngle: -30, orient: 'top' } },
        y: { field: 'model', type: 'nominal', title: null, sort: models.map(({ id }) => id) },
        tooltip: [{ field: 'task' }, { field: 'model' }, { field: 'shown', title: 'quality' }, { field: 'n' }],
      },
      layer: [
        {
          mark: { type: 'rect', color: SHADED.colour },
          encoding: {
            opacity: {
              field: 'value',
              type: 'quantitative',
              scale: { domain: [0, 1], range: SHADED.range },
              legend: null,
            },
          },
        },
        { mark: { type: 'text', fontSize: 11 }, encoding: { text: { field: 'label' } } },
      ],
    },
  );
  const alt = `${plural(tasks.length, 'task')}: ${rows.map(({ task, model, shown, n }) => `${task} on ${model}: ${shown}, n = ${formatCount(n)}`).join('; ')}.`;
  return { name: NAME, title, note, alt, spec };
}

/** Units of width that the names of models and a number with its mark take. */
const ROOM_FOR_MODELS = 150;
const ROOM_FOR_CELL = 48;

interface Row {
  readonly task: string;
  readonly model: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
  readonly shown: string;
  readonly label: string;
  readonly state: LimitCheck['state'] | null;
}

const MARKS: Readonly<Record<LimitCheck['state'], string>> = {
  met: ' ✓',
  missed: ' ✗',
  undecided: ' ?',
  unknown: ' ?',
};

function rowOf(
  task: string,
  model: string,
  quality: { readonly value: number; readonly low: number; readonly high: number; readonly n: number },
  state: LimitCheck['state'] | null,
): Row {
  const { value, low, high, n } = quality;
  const label = `${formatScore(value).replace('%', '')}${state === null ? '' : MARKS[state]}`;
  return { task, model, value, low, high, n, shown: formatEstimate(quality, 'score'), label, state };
}

const FINDINGS: readonly Finding<readonly Row[]>[] = [
  {
    holds: (rows) => rows.length === 1,
    say: ([only]) => `${only!.model} scores ${only!.shown} on ${only!.task}`,
  },
  {
    holds: (rows) => hopeless(rows).length > 0,
    say: (rows) => `No model meets the limit on quality on ${listTasks(hopeless(rows))}`,
  },
  {
    holds: (rows) => ends(rows).worst.high < ends(rows).best.low,
    say: (rows) => {
      const { worst, best } = ends(rows);
      return `Quality runs from ${describe(worst)} to ${describe(best)}`;
    },
  },
];

function otherwise(rows: readonly Row[]): string {
  const { worst, best } = ends(rows);
  return `Quality was seen from ${formatScore(worst.value)} to ${formatScore(best.value)}; the intervals of both ends overlap`;
}

function describe({ value, model, task }: Row): string {
  return `${formatScore(value)} (${model} on ${task})`;
}

function ends(rows: readonly Row[]) {
  return {
    worst: rows.reduce((a, b) => (b.value < a.value ? b : a)),
    best: rows.reduce((a, b) => (b.value > a.value ? b : a)),
  };
}

/** The tasks on which every model is shown to miss the limit. */
function hopeless(rows: readonly Row[]): string[] {
  const tasks = [...new Set(rows.map(({ task }) => task))];
  return tasks.filter((name) => rows.filter(({ task }) => task === name).every(({ state }) => state === 'missed'));
}

function listTasks(names: readonly string[]): string {
  return names.length > 3 ? plural(names.length, 'task') : shorten(names.join(', '), 80);
}
