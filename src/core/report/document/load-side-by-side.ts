/** Models under load, side by side: the load that each holds, and what it gives there. */
import { conditionText } from '../../definition/condition.js';
import { whyNoLoad } from '../../load/capacity.js';
import type { WindowFigures } from '../../load/figures.js';
import type { LoadTest, TestedModel } from '../../load/load-test.js';
import type { Objective } from '../../load/objective.js';
import type { SearchRule } from '../../load/search-rule.js';
import type { StepResult } from '../../load/step.js';
import { isMissing } from '../../quantity.js';
import type { NoChart } from '../charts/chart.js';
import { goodputTogether } from '../charts/load.js';
import { throughputChart } from '../charts/throughput.js';
import {
  type Block,
  type Chart,
  estimateCell,
  missingCell,
  type Section,
  type Table,
  type TableCell,
  textCell,
  valueCell,
} from '../document.js';
import { rangeText, stepHeld } from '../load-words.js';
import { countColumns, figureColumns, shareCell } from './load-steps.js';
import { type Filled, reasonsList, tableOf, withoutEmptyColumns } from './tables.js';

export interface LoadSection {
  readonly section: Section;
  readonly charts: readonly Chart[];
}

/** None for one model, or where no two models hold the same load. */
export function sideBySide(test: LoadTest): readonly LoadSection[] {
  const { models, rule } = test;
  if (models.length < 2) return [];
  return rule === null ? stepsSideBySide(test) : capacitiesSideBySide(models, rule);
}

interface HeldStep {
  readonly model: string;
  readonly result: StepResult;
}

/** The steps of loads that were named, load by load. */
function stepsSideBySide({ models, objectives }: LoadTest): readonly LoadSection[] {
  const loads = new Map<string, HeldStep[]>();
  for (const { model, steps } of models) {
    for (const { result } of steps) {
      const load = conditionText(result.condition);
      loads.set(load, [...(loads.get(load) ?? []), { model, result }]);
    }
  }
  const rows = [...loads.values()].filter((held) => new Set(held.map(({ model }) => model)).size > 1).flat();
  if (rows.length === 0) return [];
  const results = rows.map(({ result }) => result);
  const figures = [...countColumns(results), ...figureColumns(results, objectives)];
  const columns: Filled<HeldStep>[] = [
    { title: 'Step', holds: 'names', cell: ({ result }) => textCell(conditionText(result.condition)) },
    { title: 'Model', holds: 'names', cell: ({ model }) => textCell(model) },
    ...figures.map(({ cell, ...column }): Filled<HeldStep> => ({ ...column, cell: ({ result }) => cell(result) })),
  ];
  const table = tableOf({ name: 'load-side-by-side', label: 'What each model gives at the same load' }, columns, rows);
  return [
    sectionOf(table, [...(objectives.length === 0 ? [] : [goodputTogether(models)]), together(models, objectives)]),
  ];
}

function capacitiesSideBySide(models: readonly TestedModel[], rule: SearchRule): readonly LoadSection[] {
  const columns: Filled<TestedModel>[] = [
    { title: 'Model', holds: 'names', cell: ({ model }) => textCell(model) },
    {
      title: 'Holds',
      holds: 'words',
      cell: ({ capacity, steps }) =>
        capacity === null || capacity.load === null
          ? missingCell(whyNoLoad(steps.map(({ result }) => result)))
          : textCell(rangeText(capacity.load, rule)),
    },
    {
      title: 'Seen at',
      holds: 'names',
      cell: (tested) => {
        const step = stepHeld(tested);
        return step === null ? NOT_HELD : textCell(conditionText(step.result.condition));
      },
    },
    figureColumn('Requests/s', ({ requestRate }) => valueCell(requestRate, 'count')),
    figureColumn('Goodput, requests/s', ({ goodput }) => estimateCell(goodput, 'count')),
    figureColumn('Right', ({ right }) => shareCell(right.quality)),
    figureColumn('Right answers in time, per s', ({ right }) => estimateCell(right.goodput, 'count')),
    figureColumn('Cost of a thousand right', ({ right }) => estimateCell(right.costOfThousand, 'dollars')),
  ];
  const table = tableOf(
    { name: 'load-side-by-side', label: 'What each model gives at the load that it holds, or next to it' },
    columns,
    models,
  );
  return [sectionOf(table, [goodputTogether(models), together(models, rule.objectives)])];
}

function together(models: readonly TestedModel[], objectives: readonly Objective[]): Chart | NoChart {
  const each = models.map(({ model, steps }) => ({ model, steps: steps.map(({ result }) => result) }));
  return throughputChart({ name: 'load-models-throughput', models: each, objectives });
}

function sectionOf(table: Table, drawn: readonly (Chart | NoChart)[]): LoadSection {
  const charts = drawn.filter((chart) => 'spec' in chart);
  const body: Block[] = [
    withoutEmptyColumns(table),
    ...reasonsList(table),
    {
      kind: 'charts',
      title: 'Under load',
      charts: charts.map(({ name }) => name),
      absent: drawn.flatMap((chart) => ('spec' in chart ? [] : [`${chart.title}: ${chart.missing}`])),
    },
  ];
  return { charts, section: { kind: 'section', name: 'load-models', heading: 'Models side by side', body } };
}

const NOT_HELD = missingCell('no step at the load that it holds, or next to it, has its figures');

function figureColumn(title: string, cell: (figures: WindowFigures) => TableCell): Filled<TestedModel> {
  return {
    title,
    holds: 'numbers',
    cell: (tested) => {
      const window = stepHeld(tested)?.result.window;
      return window === undefined || isMissing(window) ? NOT_HELD : cell(window);
    },
  };
}
