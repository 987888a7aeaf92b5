/** Confusion matrices of tasks with few classes: which classes a model mixes up. */
import type { Cell, TaskAnalysis } from '../../analyse/analysis.js';
import { decisiveComparison } from '../decisive.js';
import type { Chart } from '../document.js';
import { formatCount, formatScore, plural } from '../format.js';
import { shorten } from '../text.js';
import { type ChartInput, SHADED, specOf } from './chart.js';

/** A task with more different targets than this does not classify. */
const MOST_CLASSES = 15;
/** A matrix means something from this many samples for each class, on average. */
const LEAST_PER_CLASS = 3;
const OTHER = 'something else';

/** A matrix shows something if some class is taken for another one at least this often. */
const LEAST_MISTAKES = 5;

/** One chart for each classification task and each of the two models that its verdict compares, if it mixes up classes. */
export function confusionCharts({ analysis, recommendation, suite }: ChartInput): Chart[] {
  return analysis.suites[suite]!.tasks.flatMap((task, i) => {
    const classes = classesOf(task);
    if (classes === null) return [];
    const { tasks, verdict } = recommendation.suites[suite]!;
    const comparison = decisiveComparison(tasks[i]!, verdict);
    const models = comparison === null ? [] : [comparison.candidate, comparison.reference];
    return models.flatMap((model) => chartOf(task, task.cells.find((cell) => cell.model === model)!, classes));
  });
}

function classesOf({ samples }: TaskAnalysis): string[] | null {
  if (samples.some(({ target }) => typeof target !== 'string')) return null;
  const classes = [...new Set(samples.map(({ target }) => target as string))].sort();
  const isFew =
    classes.length >= 2 && classes.length <= MOST_CLASSES && samples.length >= LEAST_PER_CLASS * classes.length;
  return isFew ? classes : null;
}

function chartOf(task: TaskAnalysis, cell: Cell, classes: readonly string[]): Chart[] {
  const counts = new Map<string, number>();
  task.samples.forEach((sample, i) => {
    const result = cell.results[i];
    if (!result) return;
    const answer = (result.answer ?? '').trim().toLowerCase();
    const answered = classes.find((name) => name.trim().toLowerCase() === answer) ?? OTHER;
    const key = JSON.stringify([sample.target, answered]);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  });
  const totals = new Map(classes.map((name) => [name, task.samples.filter(({ target }) => target === name).length]));
  const rows = [...counts].sort().map(([key, n]) => {
    const [target, answer] = JSON.parse(key) as [string, string];
    return {
      target: shorten(target, 30),
      answer: shorten(answer, 30),
      n,
      share: n / totals.get(target)!,
      right: target === answer,
    };
  });
  const [worst, next] = rows.filter(({ right }) => !right).sort((a, b) => b.n - a.n || (a.target < b.target ? -1 : 1));
  if (worst === undefined || worst.n < LEAST_MISTAKES) return [];
  const which = next?.n === worst.n ? 'one of the most frequent mistakes' : 'the most frequent mistake';
  const title = `${task.name}: ${which} of ${cell.model} is ${worst.answer} for ${worst.target} (${plural(worst.n, 'time')})`;
  const labels = classes.map((name) => shorten(name, 30));
  const axis = { type: 'nominal', sort: null, scale: { domain: [...labels, OTHER] } };
  const all = rows.reduce((sum, { n }) => sum + n, 0);
  const note = `n = ${formatCount(all)} samples; the numbers count samples, and the shade is their share of the row`;
  const spec = specOf(
    { title, note },
    {
      height: { step: 22 },
      data: { values: rows },
      encoding: {
        x: { ...axis, field: 'answer', title: 'answered', axis: { labelAngle: -40 } },
        y: { ...axis, field: 'target', title: 'right answer', scale: { domain: labels } },
      },
      layer: [
        {
          mark: { type: 'rect', color: SHADED.colour },
          encoding: {
            opacity: {
              field: 'share',
              type: 'quantitative',
              scale: { domain: [0, 1], range: SHADED.range },
              legend: null,
            },
            tooltip: [
              { field: 'target', title: 'right answer' },
              { field: 'answer', title: 'answered' },
              { field: 'n' },
            ],
          },
        },
        {
          mark: { type: 'text' },
          encoding: { text: { field: 'n' } },
        },
      ],
    },
  );
  const right = rows.filter((row) => row.right).reduce((sum, { n }) => sum + n, 0);
  const alt = `${formatCount(right)} of ${formatCount(all)} answers name the right class (${formatScore(all === 0 ? 0 : right / all)}). ${rows
    .filter((row) => !row.right)
    .map(({ target, answer, n }) => `${answer} for ${target}: ${n}`)
    .join('; ')}`;
  return [{ name: `confusion-${task.name}-${cell.model.replace(/[^\w.-]+/g, '-')}`, title, note, alt, spec }];
}
