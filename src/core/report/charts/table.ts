/** Every chart of a report, in the order of a reader's questions. */
import type { Analysis } from '../../analyse/analysis.js';
import type { Unit } from '../../measure/metric.js';
import { DISTRIBUTED, type DistributedMetric, isShownIn, METRICS } from '../../measure/metrics.js';
import type { Recommendation } from '../../recommend/recommendation.js';
import type { Chart } from '../document.js';
import { agreementChart } from './agreement.js';
import { breakEvenChart } from './breakeven.js';
import { runMemoryChart } from './capacity.js';
import { cascadeCharts } from './cascade.js';
import { type ChartInput, type NoChart, plainly } from './chart.js';
import { confusionCharts } from './confusion.js';
import { differenceChart } from './difference.js';
import { driftChart } from './drift.js';
import { latencyChart } from './latency.js';
import { memoryChart } from './memory.js';
import { parityChart } from './parity.js';
import { qualityChart } from './quality.js';
import { rateChart } from './rates.js';
import { tradeoffChart } from './tradeoff.js';
import { ttftLineChart } from './ttft-line.js';

export interface SuiteCharts {
  readonly suite: string;
  readonly charts: readonly (Chart | NoChart)[];
  /** The same charts under the headings of the page. */
  readonly groups: readonly ChartGroup[];
}

export interface ChartGroup {
  readonly title: string;
  /** Whether a page shows the group only when a reader asks for more. */
  readonly isFolded: boolean;
  readonly charts: readonly (Chart | NoChart)[];
}

/** Names are unique over all suites: if there are several, each name begins with the name of its suite. */
export function buildCharts(analysis: Analysis, recommendation: Recommendation): SuiteCharts[] {
  return analysis.suites.map(({ name }, suite) => {
    const prefix = analysis.suites.length > 1 ? `${name}-` : '';
    const groups = groupsOf({ analysis, recommendation, suite }).map(({ title, isFolded, charts }) => ({
      title,
      isFolded,
      charts: charts.map((chart) => ({ ...plainly(chart), name: `${prefix}${chart.name}` })),
    }));
    return { suite: name, groups, charts: groups.flatMap(({ charts }) => charts) };
  });
}

/** The metrics of a trial that have a chart of their own, by their unit. */
function chartedIn(unit: Unit): DistributedMetric[] {
  return DISTRIBUTED.filter((metric) => METRICS[metric].unit === unit && isShownIn('chart', metric));
}

function groupsOf(input: ChartInput): ChartGroup[] {
  const several = input.recommendation.suites[input.suite]!.tasks.some(({ comparisons }) => comparisons.length > 1);
  return [
    open('Quality', [qualityChart(input), agreementChart(input)]),
    open('Quality against time and cost', [
      tradeoffChart(input, 'ttft'),
      tradeoffChart(input, 'e2e'),
      tradeoffChart(input, 'thousandRequests'),
    ]),
    open('Time', [latencyChart(input, 'ttft'), latencyChart(input, 'e2e'), ttftLineChart(input)]),
    open('Memory', [memoryChart(input)]),
    folded('Every comparison', several ? [differenceChart(input)] : []),
    folded('Rates and tokens', [
      tradeoffChart(input, 'millionTokens'),
      ...chartedIn('seconds')
        .filter((metric) => metric !== 'ttft' && metric !== 'e2e')
        .map((metric) => latencyChart(input, metric)),
      ...chartedIn('tokens per second').map((metric) => rateChart(input, metric)),
      ...driftChart(input),
    ]),
    folded('Devices', [runMemoryChart(input)]),
    folded('Break-even', breakEvenChart(input)),
    folded('Cascades', cascadeCharts(input)),
    folded('Where answers differ', [...confusionCharts(input), ...parityChart(input)]),
  ];
}

function open(title: string, charts: readonly (Chart | NoChart)[]): ChartGroup {
  return { title, isFolded: false, charts };
}

function folded(title: string, charts: readonly (Chart | NoChart)[]): ChartGroup {
  return { title, isFolded: true, charts };
}
