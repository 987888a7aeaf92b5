/** The answer in thirty lines, for a terminal: verdicts, half a line of reason for each, the models, and the first warning. */
import type { Analysis, ModelAnalysis, Overall, SuiteAnalysis } from '../../analyse/analysis.js';
import { isOfSession, METRICS, type MetricName } from '../../measure/metrics.js';
import type { Recommendation, SuiteRecommendation } from '../../recommend/recommendation.js';
import { alarmsOf } from '../alarms.js';
import { type Brief, type BriefSuite, quantityCell, type Table, type TableCell, textCell } from '../document.js';
import { plural } from '../format.js';
import { verdictOf } from '../headline.js';
import { nextCommands } from '../next-steps.js';
import { brieflyByTask } from '../short-words.js';
import { describeRun } from '../words.js';
import { verdictTable } from './answer.js';
import { machineSentences } from './best-machine.js';
import { limitTable, unknownLimits } from './limits.js';
import { metricCell, shownIn } from './shown.js';
import { type Filled, tableOf, withoutEmptyColumns } from './tables.js';
import { warningsOf } from './warnings.js';

/** More rows than this do not fit a screen. */
const MOST_ROWS = 12;
const MOST_REASONS = 6;

export function briefOf(analysis: Analysis, recommendation: Recommendation): Brief {
  const [first, ...others] = warningsOf(analysis);
  return {
    suites: analysis.suites.map((suite, i) => ({
      ...briefSuite(analysis, suite, recommendation.suites[i]!),
      machines: machineSentences(analysis, suite, recommendation),
    })),
    run: describeRun(analysis),
    warning: first === undefined ? null : { text: `! ${first.what}`, rest: restOf(others.length) },
  };
}

function restOf(more: number): string {
  return more === 0 ? '' : ` (and ${plural(more, 'more warning')} in the report)`;
}

function briefSuite(
  analysis: Analysis,
  suite: SuiteAnalysis,
  recommended: SuiteRecommendation,
): Omit<BriefSuite, 'machines'> {
  const isOneClass = recommended.verdict.kind === 'one-class';
  const verdicts = isOneClass ? limitTable(analysis, suite, recommended) : verdictTable(recommended, COLUMNS);
  return {
    heading: suite.title,
    verdict: verdictOf(analysis, recommended),
    alarms: alarmsOf(recommended),
    verdicts: shortened(verdicts, 'rows'),
    reasons: firstReasons([...brieflyByTask(recommended), ...(isOneClass ? unknownLimits(recommended) : [])]),
    models: shortened(modelTable(analysis, suite), 'models'),
    commands: nextCommands(analysis, suite, recommended),
  };
}

/** Speed, memory and cost are ratios of small to large: a line of 80 cells has no room for words. */
const COLUMNS = [
  'task',
  'use',
  'small',
  'large',
  'difference',
  'n',
  'timesFaster',
  'timesMemory',
  'timesCost',
] as const;

function firstReasons(reasons: readonly string[]): string[] {
  const more = reasons.length - MOST_REASONS;
  return more <= 1 ? [...reasons] : [...reasons.slice(0, MOST_REASONS), `${more} more reasons are in the report`];
}

function shortened(table: Table, things: string): Table {
  const more = table.rows.length - MOST_ROWS;
  return more <= 1
    ? table
    : { ...table, rows: table.rows.slice(0, MOST_ROWS), rest: `${more} more ${things} are in the report` };
}

interface Row {
  readonly model: ModelAnalysis;
  readonly overall: Overall;
}

/** A row for each model, over all tasks. */
export function modelTable(analysis: Analysis, suite: SuiteAnalysis): Table {
  const models = analysis.models.map((model, i) => ({ model, overall: suite.overall[i]! }));
  return withoutEmptyColumns(tableOf({ name: 'models', label: 'Models over all tasks' }, MODEL_COLUMNS, models));
}

const MODEL_COLUMNS: readonly Filled<Row>[] = [
  { title: 'Model', holds: 'names', cell: ({ model }) => textCell(model.id) },
  { title: '', holds: 'words', cell: ({ model }) => textCell(model.class ?? '?') },
  ...[...shownIn('terminal')].sort(bySession).map(
    (metric): Filled<Row> => ({
      title: METRICS[metric].short,
      holds: 'numbers',
      cell: ({ model, overall }) => briefCell(metric, metricCell(metric, overall, model)),
    }),
  ),
];

/** Quality first, then what belongs to a session, then the other metrics of a trial. */
function bySession(a: MetricName, b: MetricName): number {
  const rank = (metric: MetricName) => (metric === 'quality' ? 0 : isOfSession(metric) ? 1 : 2);
  return rank(a) - rank(b);
}

/** Only quality has room for its interval. */
function briefCell(metric: MetricName, cell: TableCell): TableCell {
  if (cell.kind !== 'estimate' || metric === 'quality') return cell;
  return quantityCell(cell.value, cell.unit === 'tokens per second' ? 'count' : cell.unit);
}
