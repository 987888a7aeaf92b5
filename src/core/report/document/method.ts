/**
 * How the run was measured: warnings with their remedies, machine, versions, seed, hashes, and the commands that reproduce it.
 */
import type { Analysis } from '../../analyse/analysis.js';
import type { Environment } from '../../log/log.js';
import { METRICS } from '../../measure/metrics.js';
import { isMissing } from '../../quantity.js';
import { folderOfRun } from '../commands.js';
import type { Block, Fact, Section, WarningText } from '../document.js';
import { formatBytes, formatCount, plural } from '../format.js';
import { shellCommand } from '../text.js';
import { describeRun } from '../words.js';
import { warningsOf } from './warnings.js';

export function methodSection(analysis: Analysis): Section {
  return {
    kind: 'section',
    name: 'method',
    heading: 'Method',
    body: [
      warningsSection(warningsOf(analysis)),
      {
        kind: 'section',
        heading: 'How it was measured',
        folded: true,
        body: [{ kind: 'facts', facts: factsOf(analysis) }],
      },
      {
        kind: 'section',
        heading: 'How to reproduce it',
        body: [
          {
            kind: 'text',
            text:
              `With rightsize ${analysis.run.environment.rightsize} and files with these hashes, rightsize run sends the same prompts ` +
              'in the same order, and rightsize report rebuilds every report from log.jsonl, byte for byte.',
          },
          { kind: 'commands', commands: commandsOf(analysis.run) },
        ],
      },
      metricsSection(),
    ],
  };
}

export function warningsSection(warnings: readonly WarningText[]): Section {
  const body: Block =
    warnings.length === 0
      ? { kind: 'text', text: 'rightsize found nothing that spoils these numbers.' }
      : { kind: 'warnings', warnings };
  return { kind: 'section', heading: 'Warnings', body: [body] };
}

function metricsSection(): Section {
  return {
    kind: 'section',
    name: 'metrics',
    heading: 'What the metrics mean',
    folded: true,
    body: [
      {
        kind: 'metrics',
        note:
          'docs/metrics.md of the package explains each formula, its edge cases and its sources, under the name in brackets; ' +
          'docs/statistics.md explains the intervals. They are 95% intervals; those of comparisons and of limits are the ones that decide.',
        metrics: Object.entries(METRICS).map(([name, { title, read, formula, source }]) => ({
          name,
          title,
          read,
          formula,
          source,
        })),
      },
    ],
  };
}

/** None where a program called rightsize: then there is no command to type. */
function typed(command: readonly string[]): string[] {
  return command[1]?.startsWith('(') ? [] : [shellCommand(command)];
}

export function commandsOf({ id, command, parts }: Analysis['run']): string[] {
  return parts === undefined
    ? [...typed(command), shellCommand(['rightsize', 'report', folderOfRun({ id, command })])]
    : [...parts.flatMap((part) => typed(part.command)), ...typed(command)];
}

function factsOf(analysis: Analysis): Fact[] {
  const { run } = analysis;
  const { environment, settings } = run;
  return [
    ['Run', run.id],
    ...(run.parts === undefined ? [['Started', run.started] satisfies Fact] : []),
    ['Trials', describeRun(analysis)],
    ...resumptionFacts(analysis),
    [
      'Settings',
      `seed ${settings.seed}, ${plural(settings.repetitions, 'repetition')}, ${plural(settings.warmup, 'warm-up request')}, ${settings.limit === null ? 'all samples' : `at most ${plural(settings.limit, 'sample')} a task`}`,
    ],
    ...(run.parts === undefined
      ? machineFacts(environment)
      : run.parts.flatMap(({ label, started, environment: machine }) =>
          ([['Started', started], ...machineFacts(machine)] satisfies Fact[]).map(
            ([name, value]): Fact => [`${label}: ${name}`, value],
          ),
        )),
    ...hashFacts(analysis),
  ];
}

export function resumptionFacts({ run }: Analysis): Fact[] {
  return run.resumptions.map(({ started, command }): Fact => ['Resumed', `${started}: ${shellCommand(command)}`]);
}

/** The hashes of weights and samples. */
export function hashFacts({ models, suites }: Analysis): Fact[] {
  return [
    ...models.flatMap(({ id, facts }): Fact[] =>
      facts?.weights === undefined
        ? []
        : [[`Weights of ${id}`, `${formatBytes(facts.weights.bytes)}, ${facts.weights.hash}`]],
    ),
    ...suites.flatMap(({ name, tasks }) =>
      tasks.map(
        ({ name: task, samples, data }): Fact => [
          `Samples of ${name}/${task}`,
          `${formatCount(samples.length)} from ${data.source}, ${data.hash}`,
        ],
      ),
    ),
  ];
}

export function machineFacts({ cpu, memory, gpu, load, os, rightsize, node, engines }: Environment): Fact[] {
  const versions = Object.entries(engines).map(([name, version]) => `${name} ${version}`);
  const governor = isMissing(cpu.governor)
    ? `clock governor not known: ${cpu.governor.missing}`
    : `clock governor ${cpu.governor.value}`;
  return [
    ['Processor', `${cpu.model}, ${plural(cpu.cores, 'core')}, ${governor}`],
    ['Memory', `${formatBytes(memory.total)}, ${formatBytes(memory.free)} free at the start`],
    ['GPU', isMissing(gpu) ? gpu.missing : gpu.value],
    ['Load at the start', isMissing(load) ? load.missing : load.value.toFixed(2)],
    ['System', os],
    ['Versions', [`rightsize ${rightsize}`, `Node ${node}`, ...versions].join(', ')],
  ];
}
