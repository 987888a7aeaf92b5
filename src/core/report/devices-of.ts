/**
 * The devices of a suite's report. The document, the charts and summary.json ask for them, and a simulation stands behind break-evens, so they are
 * computed once for each recommendation, when they are first read.
 */
import type { Analysis } from '../analyse/analysis.js';
import { type BreakEven, breakEvens } from '../capacity/plan/break-evens.js';
import { type RunDevices, runDevices } from '../capacity/plan/run-devices.js';
import type { SuiteRecommendation } from '../recommend/recommendation.js';
import { once } from '../stats/basics/once.js';

export interface SuiteDevices extends RunDevices {
  /** Those that someone could act on: the model in place of another misses no limit, and is not shown to be worse. */
  readonly breakEvens: readonly BreakEven[];
}

const KNOWN = new WeakMap<SuiteRecommendation, SuiteDevices>();

export function devicesOf(analysis: Analysis, recommended: SuiteRecommendation): SuiteDevices {
  const known = KNOWN.get(recommended);
  if (known !== undefined) return known;
  const suite = analysis.suites.find(({ name }) => name === recommended.suite)!;
  const { devices, fits, electricity } = recommended;
  const found = runDevices(analysis, suite, { devices, fits });
  const isSensible = (model: string) => !isRuledOut(recommended, model);
  const money = once(() => breakEvens(analysis, suite, found, { electricity, isSensible }));
  const result: SuiteDevices = {
    ...found,
    get breakEvens() {
      return money();
    },
  };
  KNOWN.set(recommended, result);
  return result;
}

function isRuledOut({ tasks }: SuiteRecommendation, model: string): boolean {
  return tasks.some(
    ({ checks, comparisons }) =>
      checks.some((one) => one.model === model && one.state === 'fails') ||
      comparisons.some(({ candidate, isOut }) => candidate === model && isOut),
  );
}
