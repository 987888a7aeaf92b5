/** Every chart of a report, in the order in which a reader asks. */
import type { Analysis } from '../../analyse/analysis.js';
import type { Recommendation } from '../../recommend/recommendation.js';
import { breakEvenChart } from './breakeven.js';
import { cascadeCharts } from './cascade.js';
import type { Chart, NoChart } from './chart.js';
import { confusionCharts } from './confusion.js';
import { differenceChart } from './difference.js';
import { driftChart } from './drift.js';
import { latencyChart } from './latency.js';
import { memoryChart } from './memory.js';
import { parityChart } from './parity.js';
import { qualityChart } from './quality.js';
import { rateChart } from './rates.js';
import { tradeoffChart } from './tradeoff.js';

export interface SuiteCharts {
  readonly suite: string;
  readonly charts: readonly (Chart | NoChart)[];
}

/** Names are unique over all suites: with several, each begins with its suite's. */
export function buildCharts(analysis: Analysis, recommendation: Recommendation): SuiteCharts[] {
  return analysis.suites.map(({ name }, suite) => {
    const input = { analysis, recommendation, suite };
    const charts = [
      differenceChart(input),
      tradeoffChart(input, 'decodeRate'),
      tradeoffChart(input, 'cost'),
      qualityChart(input),
      latencyChart(input, 'ttft'),
      latencyChart(input, 'itl'),
      latencyChart(input, 'e2e'),
      rateChart(input, 'decodeRate'),
      rateChart(input, 'prefillRate'),
      memoryChart(input),
      ...breakEvenChart(input),
      driftChart(input),
      ...parityChart(input),
      ...cascadeCharts(input),
      ...confusionCharts(input),
    ];
    const prefix = analysis.suites.length > 1 ? `${name}-` : '';
    return { suite: name, charts: charts.map((chart) => ({ ...chart, name: `${prefix}${chart.name}` })) };
  });
}
