/** Builds the report from an analysis and its recommendation. */
import type { Analysis } from '../../analyse/analysis.js';
import type { RunCapacity } from '../../capacity/plan/answer.js';
import type { Recommendation } from '../../recommend/recommendation.js';
import type { VersionComparison } from '../../regress/comparison.js';
import { buildCharts, type SuiteCharts } from '../charts/table.js';
import { comparisonSection } from '../comparison.js';
import type { Document, SuitePart } from '../document.js';
import { headlineOf, verdictOf } from '../headline.js';
import { answerBlocks, scopeOf, whySection } from './answer.js';
import { bestMachineSection } from './best-machine.js';
import { briefOf } from './brief.js';
import { capacityPart } from './capacity.js';
import { cascadesSection } from './cascades.js';
import { chartsSection } from './charts.js';
import { criteriaSection } from './criteria.js';
import { breakEvenSection, devicesSection } from './devices.js';
import { machinesSection } from './machines.js';
import { methodSection } from './method.js';
import { modelsSection } from './models.js';
import { paritySection } from './parity.js';
import { shortBlocks } from './short.js';
import { tasksSection } from './tasks.js';

/** Where the changes between runs stand. */
const CHANGES = 'changes';

/** What a report shows beside what a run measured. */
interface Beside {
  readonly comparisons?: readonly VersionComparison[] | undefined;
  readonly capacity?: RunCapacity | undefined;
}

export function documentOf(
  analysis: Analysis,
  recommendation: Recommendation,
  { comparisons = [], capacity }: Beside = {},
): Document {
  const charts = buildCharts(analysis, recommendation);
  const asked = capacityPart(analysis.run, capacity);
  return {
    title: titleOf(recommendation),
    question: 'Which model does this workload need?',
    contents: [
      { to: 'answer', text: 'Answer' },
      { to: 'charts', text: 'Charts' },
      { to: 'criteria', text: 'Side by side' },
      ...(comparisons.length === 0 ? [] : [{ to: CHANGES, text: 'What changed' }]),
      ...asked.contents,
      { to: 'samples', text: 'Samples' },
      { to: 'method', text: 'Method' },
    ],
    brief: briefOf(analysis, recommendation),
    load: null,
    suites: charts.map((suite, i) => suitePart({ analysis, recommendation, charts: suite, capacity }, i)),
    sections: [
      ...comparisons.map((comparison, i) => ({
        ...comparisonSection(comparison),
        name: i === 0 ? CHANGES : `${CHANGES}-${i + 1}`,
      })),
      ...asked.sections,
      modelsSection(analysis),
      ...machinesSection(analysis),
      {
        kind: 'section',
        name: 'samples',
        heading: 'Samples',
        body: [{ kind: 'samples', text: "This page's script shows the samples; samples.csv has them as well." }],
      },
      methodSection(analysis),
    ],
    charts: [
      ...charts.flatMap((suite) => suite.charts).flatMap((chart) => ('spec' in chart ? [chart] : [])),
      ...asked.charts,
    ],
    footer: `Made by rightsize ${analysis.run.environment.rightsize} from run ${analysis.run.id}`,
  };
}

function titleOf({ suites }: Recommendation): string {
  return suites.length === 1 ? `${suites[0]!.suite}: ${headlineOf(suites[0]!)}` : 'rightsize report';
}

interface Input {
  readonly analysis: Analysis;
  readonly recommendation: Recommendation;
  readonly charts: SuiteCharts;
  readonly capacity: RunCapacity | undefined;
}

function suitePart({ analysis, recommendation, charts, capacity }: Input, index: number): SuitePart {
  const [suite, recommended] = [analysis.suites[index]!, recommendation.suites[index]!];
  const suffix = index === 0 ? '' : `-${index + 1}`;
  return {
    name: `answer${suffix}`,
    heading: suite.title,
    scope: scopeOf(analysis, suite),
    description: suite.description,
    verdict: verdictOf(analysis, recommended),
    screen: answerBlocks(analysis, suite, recommended),
    short: shortBlocks(analysis, suite, recommended),
    sections: [
      whySection(recommended),
      ...bestMachineSection(analysis, suite, recommendation),
      chartsSection(analysis, suite, charts, `charts${suffix}`),
      criteriaSection(analysis, suite, recommended, `criteria${suffix}`),
      tasksSection(suite, recommended),
      ...cascadesSection(recommended),
      ...devicesSection(analysis, recommended, capacity),
      ...breakEvenSection(analysis, suite, recommended),
      ...paritySection(suite),
    ],
  };
}
