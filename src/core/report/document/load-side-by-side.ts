/** Models under load, side by side: the load that each holds, and what it gives there. */
import { conditionText } from '../../definition/condition.js';
import type { LoadTest, TestedModel } from '../../load/load-test.js';
import type { WindowFigures } from '../../load/step.js';
import { isMissing } from '../../quantity.js';
import { goodputTogether } from '../charts/load.js';
import {
  type Block,
  type Chart,
  estimateCell,
  missingCell,
  type Section,
  type TableCell,
  textCell,
  valueCell,
} from '../document.js';
import { rangeText, stepHeld } from '../load-words.js';
import { type Filled, reasonsList, tableOf, withoutEmptyColumns } from './tables.js';

export interface LoadSection {
  readonly section: Section;
  readonly charts: readonly Chart[];
}

/** None for one model, or without a search: the steps of named loads stand in the sections of the models. */
export function sideBySide(test: LoadTest): readonly LoadSection[] {
  const { models, rule } = test;
  if (models.length < 2 || rule === null) return [];
  const columns: Filled<TestedModel>[] = [
    { title: 'Model', holds: 'names', cell: ({ model }) => textCell(model) },
    {
      title: 'Holds',
      holds: 'words',
      cell: ({ capacity }) =>
        capacity === null || capacity.load === null
          ? missingCell('no step was valid and settled')
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
    figureColumn('Right', ({ right }) => estimateCell(right.quality, 'score')),
    figureColumn('Right answers in time, per s', ({ right }) => valueCell(right.goodput, 'count')),
    figureColumn('Cost of a thousand right', ({ right }) => valueCell(right.costOfThousand, 'dollars')),
  ];
  const table = tableOf(
    { name: 'load-side-by-side', label: 'What each model gives at the load that it holds' },
    columns,
    models,
  );
  const drawn = goodputTogether(models);
  const charts = 'spec' in drawn ? [drawn] : [];
  const body: Block[] = [
    withoutEmptyColumns(table),
    ...reasonsList(table),
    {
      kind: 'charts',
      title: 'Against load',
      charts: charts.map(({ name }) => name),
      absent: 'spec' in drawn ? [] : [`${drawn.title}: ${drawn.missing}`],
    },
  ];
  return [{ charts, section: { kind: 'section', name: 'load-models', heading: 'Models side by side', body } }];
}

const NOT_HELD = missingCell('no step at a load that it holds has its figures');

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
