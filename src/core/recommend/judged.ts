/**
 * Limits and verdicts are judged under `closed 1`: one request at a time. What was measured under another condition alone
 * (`run --concurrency 8`) counts as not measured here, with that reason. Its quality and throughput stay in the analysis.
 */
import type { Analysis, Cell, ModelAnalysis, SuiteAnalysis } from '../analyse/analysis.js';
import { type Condition, conditionText, isAlone } from '../definition/condition.js';
import { DISTRIBUTED, OF_SESSION } from '../measure/metrics.js';
import { type Missing, missing } from '../quantity.js';

export function judgedAnalysis(analysis: Analysis): Analysis {
  const suites = analysis.suites.map(judgedSuite);
  return { ...analysis, suites, models: analysis.models.map((model) => judgedModel(model, analysis.suites)) };
}

function judgedSuite(suite: SuiteAnalysis): SuiteAnalysis {
  return { ...suite, tasks: suite.tasks.map((task) => ({ ...task, cells: task.cells.map(judgedCell) })) };
}

function judgedCell(cell: Cell): Cell {
  if (isAlone(cell.condition)) return cell;
  const reason = notJudged(cell.condition);
  return {
    ...cell,
    quality: reason,
    metrics: allMissing(DISTRIBUTED, reason),
    gaps: reason,
    results: cell.results.map(() => null),
  };
}

/** The memory of a session depends on how many requests it serves at once. */
function judgedModel(model: ModelAnalysis, suites: readonly SuiteAnalysis[]): ModelAnalysis {
  const cells = suites.flatMap(({ tasks }) =>
    tasks.flatMap((task) => task.cells.filter((cell) => cell.model === model.id && cell.trials.recorded > 0)),
  );
  const [first] = cells;
  if (first === undefined || cells.some(({ condition }) => isAlone(condition))) return model;
  return { ...model, metrics: allMissing(OF_SESSION, notJudged(first.condition)) };
}

function allMissing<Name extends string>(names: readonly Name[], reason: Missing): Readonly<Record<Name, Missing>> {
  return Object.fromEntries(names.map((name) => [name, reason])) as Record<Name, Missing>;
}

function notJudged(condition: Condition): Missing {
  return missing(
    `it was measured under ${conditionText(condition)}, and verdicts are judged under closed 1: run it without --concurrency`,
  );
}
