/** report.md: the answer and its evidence for a pull request or a wiki. Everything that others wrote is escaped. */
import type { Analysis, Cell, ModelAnalysis, SuiteAnalysis } from '../analyse/analysis.js';
import { estimateAt } from '../analyse/distribution.js';
import type { Warning } from '../measure/log.js';
import { DISTRIBUTED, isShownIn, METRICS } from '../measure/metrics.js';
import { isMissing, type Missing } from '../quantity.js';
import type { Recommendation, SuiteRecommendation } from '../recommend/recommendation.js';
import type { Artifact } from './artifact.js';
import { CASCADE_COLUMNS, cascadeRows, needlessCascades, untriedReasons } from './cascades.js';
import { criteriaOf } from './criteria.js';
import {
  ABSENT,
  formatBytes,
  formatChange,
  formatCount,
  formatEstimate,
  formatParameters,
  formatPoints,
  formatRatio,
  formatSeconds,
  formatUnit,
} from './format.js';
import { allWarnings, decisiveComparison, differenceOf, inverse } from './tables.js';
import { escapeMarkdown as md, shellCommand, shorten } from './text.js';
import {
  describeCheck,
  describeRun,
  describeSharing,
  describeSuite,
  describeTask,
  VERDICT_NAMES,
  whatWouldChange,
} from './words.js';

export function markdownReport(analysis: Analysis, recommendation: Recommendation): Artifact[] {
  const content = [
    '# Which model does this workload need?',
    ...analysis.suites.flatMap((suite, i) => [
      suiteSection(suite, recommendation.suites[i]!),
      criteriaSection(analysis, suite, recommendation.suites[i]!),
      ...cascadesSection(recommendation.suites[i]!),
      ...devicesSection(recommendation.suites[i]!),
      ...paritySection(suite),
    ]),
    modelsSection(analysis),
    warningsSection(allWarnings(analysis)),
    runSection(analysis),
  ].join('\n\n');
  return [{ path: 'report.md', content: `${content}\n` }];
}

function suiteSection(suite: SuiteAnalysis, recommended: SuiteRecommendation): string {
  const { margin, alpha, prefer } = recommended.requirement;
  return [
    `## ${md(suite.title)}`,
    ...(suite.description === null ? [] : [md(suite.description)]),
    `**${md(describeSuite(recommended))}**`,
    table(
      ['Task', 'Verdict', 'SLM', 'against', 'Quality, points', 'Speed', 'Memory', 'Cost'],
      recommended.tasks.map((task) => {
        const comparison = decisiveComparison(task);
        const factors = comparison?.factors;
        return [
          md(task.task),
          VERDICT_NAMES[task.verdict.kind],
          comparison === null ? ABSENT : md(comparison.candidate),
          comparison === null ? ABSENT : md(comparison.reference),
          comparison === null ? ABSENT : differenceOf(comparison),
          ratio(factors && inverse(factors.e2e)),
          ratio(factors?.memory),
          ratio(factors?.cost),
        ];
      }),
      4,
    ),
    recommended.tasks
      .map((task) => {
        const change = whatWouldChange(task);
        return `- **${md(task.task)}**: ${md(describeTask(task))}${change.length === 0 ? '' : ` *What would change it:* ${change.map(md).join(' ')}`}`;
      })
      .join('\n'),
    `Fixed beforehand: an SLM may score ${formatPoints(margin).replace('+', '')} points less, each verdict may be wrong ${formatUnit(alpha, 'score')} of ` +
      `the time (${describeSharing(recommended)}), and of the models that pass the ${prefer} is taken. ` +
      `Speed, memory and cost are factors of the SLM over the LLM.`,
    ...suite.tasks.map((task, i) => taskSection(task.name, task.cells, recommended.tasks[i]!)),
  ].join('\n\n');
}

const TASK_METRICS = DISTRIBUTED.filter((metric) => isShownIn('table', metric));

function taskSection(name: string, cells: readonly Cell[], recommended: SuiteRecommendation['tasks'][number]): string {
  const columns = TASK_METRICS.filter((metric) => cells.some((cell) => !isMissing(cell.metrics[metric])));
  const rows = cells.map((cell) => [
    md(cell.model),
    String(cell.trials.recorded),
    formatEstimate(cell.quality, 'score'),
    ...columns.map((metric) => formatEstimate(estimateAt(cell.metrics[metric], 'median'), METRICS[metric].unit)),
  ]);
  const checks = recommended.checks.flatMap(({ model, checks: own }) =>
    own
      .filter(({ state }) => state !== 'met')
      .map((check) => `- ${md(model)}: ${check.state}: ${md(describeCheck(check))}`),
  );
  const failures = cells.flatMap((cell) =>
    cell.failures.map(
      ({ by, kind, count, example }) =>
        `- ${md(cell.model)}: ${count} x ${kind} (${by === 'model' ? 'scored 0' : 'not scored'}): ${md(shorten(example, 200))}`,
    ),
  );
  const absent = new Set(cells.flatMap((cell) => absences(cell)));
  return [
    `### ${md(name)}`,
    table(['Model', 'n', 'Quality', ...columns.map((metric) => METRICS[metric].title)], rows, 1),
    ...(checks.length > 0 ? [`Limits that are not met:\n\n${checks.join('\n')}`] : []),
    ...(failures.length > 0 ? [`Failures:\n\n${failures.join('\n')}`] : []),
    ...(absent.size > 0 ? [`Not known:\n\n${[...absent].sort().join('\n')}`] : []),
  ].join('\n\n');
}

function absences(cell: Cell): string[] {
  const of = (title: string, quantity: object) =>
    isMissing(quantity) ? [`- ${title} of ${md(cell.model)}: ${md(quantity.missing)}`] : [];
  return [
    ...of(METRICS.quality.title, cell.quality),
    ...TASK_METRICS.flatMap((metric) => of(METRICS[metric].title, estimateAt(cell.metrics[metric], 'median'))),
  ];
}

function criteriaSection(analysis: Analysis, suite: SuiteAnalysis, recommended: SuiteRecommendation): string {
  const rows = criteriaOf(analysis, suite, recommended).map(({ name, evidence }) => [name, ...evidence.map(md)]);
  const head = ['', ...analysis.models.map(({ id }) => md(id))];
  return ['### What people weigh', table(head, rows, head.length)].join('\n\n');
}

function cascadesSection(recommended: SuiteRecommendation): string[] {
  const rows = cascadeRows(recommended).map(({ task, pair, verdict, numbers }) => [
    md(task),
    md(pair),
    verdict,
    ...numbers.map(md),
  ]);
  const untried = [
    ...needlessCascades(recommended),
    ...untriedReasons(recommended).map((reason) => `Not tried: ${reason}.`),
  ].map((line) => `- ${md(line)}`);
  if (rows.length + untried.length === 0) return [];
  const head = ['Task', 'Cascade', 'Verdict', ...CASCADE_COLUMNS.map(({ title }) => title)];
  return [
    [
      '### Cascades',
      ...(rows.length > 0
        ? [table(head, rows, 3), CASCADE_COLUMNS.map(({ title, read }) => `- *${title}:* ${read}`).join('\n')]
        : []),
      ...(untried.length > 0 ? [untried.join('\n')] : []),
    ].join('\n\n'),
  ];
}

function devicesSection({ fits, breakEvens }: SuiteRecommendation): string[] {
  if (fits.length === 0) return [];
  const names = fits[0]!.devices.map(({ device }) => device);
  const rows = fits.map(({ model, estimate, measured, devices }) => [
    md(model),
    isMissing(estimate) ? ABSENT : formatBytes(estimate.total),
    isMissing(measured) ? ABSENT : formatBytes(measured.value),
    isMissing(measured) || isMissing(estimate) ? ABSENT : formatChange(measured.value / estimate.total - 1),
    ...devices.map(({ state }) => (state === 'fits' ? 'fits' : state === 'unknown' ? ABSENT : 'no')),
  ]);
  const pays = breakEvens.map(
    ({ model, device, instead, requests, price }) =>
      `- ${md(model)} on ${device} instead of ${md(instead)}: from ${formatCount(Math.ceil(requests))} requests ${price.per === 'hour' ? 'an hour' : 'in all'}`,
  );
  return [
    ['### Devices', table(['Model', 'Memory, estimate', 'measured', 'off by', ...names], rows, 1)].join('\n\n'),
    ...(pays.length > 0
      ? [["When a machine of one's own pays (without energy, people and idle hours):", pays.join('\n')].join('\n\n')]
      : []),
  ];
}

function paritySection({ parity }: SuiteAnalysis): string[] {
  if (parity.length === 0) return [];
  const rows = parity.map(({ first, second, n, sameOutput, sameScore }) => [
    `${md(first)} and ${md(second)}`,
    formatCount(n),
    formatUnit(sameOutput / n, 'score'),
    formatUnit(sameScore / n, 'score'),
  ]);
  return [
    ['### Do variants of one model agree?', table(['Variants', 'Samples', 'Same answer', 'Same score'], rows, 1)].join(
      '\n\n',
    ),
  ];
}

function modelsSection({ models }: Analysis): string {
  const rows = models.map((model) => [
    md(model.id),
    model.class ?? 'unknown',
    parametersOf(model),
    md(model.facts?.engine ?? model.entry.backend),
    isMissing(model.metrics.load) ? ABSENT : formatSeconds(model.metrics.load.median),
    isMissing(model.metrics.firstRequest) ? ABSENT : formatSeconds(model.metrics.firstRequest.median),
    memoryOf(model.memory.peak.resident),
    memoryOf(model.memory.peak.anonymous),
    memoryOf(model.metrics.memoryAdded),
    md(model.entry.licence ?? ABSENT),
  ]);
  const absent = models.flatMap(({ id, metrics: { load, memory } }) =>
    [load, memory].flatMap((quantity) => (isMissing(quantity) ? [`- ${md(id)}: ${md(quantity.missing)}`] : [])),
  );
  return [
    '## Models',
    table(
      [
        'Model',
        'Class',
        'Parameters',
        'Engine',
        'Load',
        'First request',
        'Peak memory',
        'of it anonymous',
        'Added by the model',
        'Licence',
      ],
      rows,
      2,
    ),
    ...(absent.length > 0 ? [`Not known:\n\n${[...new Set(absent)].join('\n')}`] : []),
  ].join('\n\n');
}

function parametersOf({ entry, facts }: ModelAnalysis): string {
  const parameters = entry.parameters ?? facts?.parameters;
  return parameters === undefined ? ABSENT : formatParameters(parameters);
}

function memoryOf(spread: { readonly max: number } | Missing): string {
  return isMissing(spread) ? ABSENT : formatBytes(spread.max);
}

function warningsSection(warnings: readonly Warning[]): string {
  const lines = warnings.map(({ what, remedy }) => `- ${md(what)}. *${md(remedy)}.*`);
  return [
    '## What to bear in mind',
    lines.length > 0 ? lines.join('\n') : 'Nothing was found that spoils these numbers.',
  ].join('\n\n');
}

function runSection(analysis: Analysis): string {
  const { run } = analysis;
  const { environment, settings } = run;
  const facts: [string, string][] = [
    ['Run', run.id],
    ['Started', run.started],
    ['Trials', describeRun(analysis)],
    ['Command', shellCommand(run.command)],
    ...run.resumptions.map(({ started, command }): [string, string] => [
      'Resumed',
      `${started}: ${shellCommand(command)}`,
    ]),
    ['Repetitions, warm-up, seed', `${settings.repetitions}, ${settings.warmup}, ${settings.seed}`],
    [
      'Machine',
      `${environment.cpu.model}, ${environment.cpu.cores} cores, ${formatBytes(environment.memory.total)}, ${environment.os}`,
    ],
    ['GPU', 'missing' in environment.gpu ? environment.gpu.missing : environment.gpu.value],
    [
      'Versions',
      [
        `rightsize ${environment.rightsize}`,
        `Node ${environment.node}`,
        ...Object.entries(environment.engines).map(([name, version]) => `${name} ${version}`),
      ].join(', '),
    ],
  ];
  return [
    '## How it was measured',
    table(
      ['', ''],
      facts.map(([name, value]) => [name, md(value)]),
      2,
    ),
  ].join('\n\n');
}

function ratio(factor: { readonly value: number } | Missing | undefined): string {
  return factor === undefined || isMissing(factor) ? ABSENT : formatRatio(factor.value);
}

/** The first `left` columns stand left, the others right. */
function table(head: readonly string[], rows: readonly (readonly string[])[], left: number): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i < left ? ':--' : '--:'))), ...rows.map(line)].join('\n');
}
