/** Takes the version of one model out of an analysis. */
import {
  type Analysis,
  type Cell,
  cellOf,
  type Distribution,
  type MachineInfo,
  type ModelAnalysis,
  type SampleInfo,
  type SampleResult,
  type TaskAnalysis,
} from '../analyse/analysis.js';
import { conditionText } from '../definition/condition.js';
import { UserError } from '../errors.js';
import { comparedAs } from '../log/base-suites.js';
import { LEVELS } from '../measure/metric.js';
import { DISTRIBUTED } from '../measure/metrics.js';
import { isMissing, type Missing } from '../quantity.js';
import type { Figure, Figures, Version, VersionSample, VersionTask } from './version.js';

/** Digits of a hash that a version keeps: among a million samples two are equal by chance once in 40 million times. */
const DIGITS = 16;

/** @throws UserError when the analysis has no such model. */
export function versionOf(analysis: Analysis, model: string): Version {
  const found = analysis.models.find(({ id }) => id === model);
  if (found === undefined) {
    const names = analysis.models.map(({ id }) => id).join(', ');
    throw new UserError(`${analysis.run.id}: expected one of its models (${names}), found ${model}; name one of them`);
  }
  const { run } = analysis;
  const machine = machineOf(analysis, found);
  return {
    run: run.id,
    model: found.origin.model,
    name: run.name ?? null,
    commit: run.commit ?? null,
    started: run.started,
    machine: machine && { id: machine.id, name: machine.name },
    facts: factsOf(analysis, found, machine),
    incomplete: run.ended.complete ? null : run.ended.reason,
    tasks: analysis.suites.flatMap(({ name, tasks }) => {
      const suite = comparedAs({ suite: name, model }, run.settings.inTurns);
      return suite === null ? [] : tasks.map((task) => ({ ...taskOf(task, model), suite }));
    }),
    memory: found.metrics.memory,
  };
}

function machineOf({ machines }: Analysis, { machine }: ModelAnalysis): MachineInfo | null {
  return machines.find(({ name }) => name === machine) ?? null;
}

function factsOf({ run }: Analysis, { facts, entry }: ModelAnalysis, machine: MachineInfo | null): Version['facts'] {
  const environment = machine?.environment ?? run.environment;
  const known: Record<string, string | undefined> = {
    engine: facts?.engine,
    device: facts?.device,
    weights: facts?.weights?.hash,
    'weights in bytes': facts?.weights && String(facts.weights.bytes),
    threads: facts === null ? undefined : quantityText(facts.threads),
    context: facts === null ? undefined : quantityText(facts.context),
    'chat template': facts === null ? undefined : quantityText(facts.chatTemplateHash),
    backend: entry.backend,
    rightsize: environment.rightsize,
    node: environment.node,
    system: environment.os,
    processor: `${environment.cpu.model}, ${environment.cpu.cores} cores`,
    'memory of the machine': String(environment.memory.total),
    GPU: quantityText(environment.gpu),
    governor: quantityText(environment.cpu.governor),
    repetitions: String(run.settings.repetitions),
    'warm-up': String(run.settings.warmup),
    seed: String(run.settings.seed),
    'limit of samples': run.settings.limit === null ? 'none' : String(run.settings.limit),
  };
  return Object.fromEntries(Object.entries(known).filter((fact): fact is [string, string] => fact[1] !== undefined));
}

function quantityText(quantity: { readonly value: number | string } | Missing): string {
  return isMissing(quantity) ? 'not known' : String(quantity.value);
}

function taskOf(task: TaskAnalysis, model: string): VersionTask {
  const cell = cellOf(task, model);
  return {
    suite: task.suite,
    name: task.name,
    scorer: JSON.stringify(task.scorer),
    condition: conditionText(cell.condition),
    planned: cell.trials.planned,
    recorded: cell.trials.recorded,
    samples: cell.results.flatMap((result, i) => (result === null ? [] : [sampleOf(task.samples[i]!, result)])),
    figures: figuresOf(cell),
  };
}

function sampleOf({ id, group, hash, promptHash }: SampleInfo, result: SampleResult): VersionSample {
  return {
    id,
    group,
    hash: hash.slice(0, DIGITS),
    prompt: promptHash.slice(0, DIGITS),
    repetitions: result.repetitions,
    unscored: result.unscored,
    score: result.score,
    cost: result.timings.cost ?? null,
    output: result.failure === null ? result.output : `(${result.failure}) ${result.output}`,
  };
}

function figuresOf({ metrics }: Cell): VersionTask['figures'] {
  const figures = DISTRIBUTED.map((metric) => {
    const found = metrics[metric];
    return [metric, isMissing(found) ? found : figuresOfDistribution(found)] as const;
  });
  return Object.fromEntries(figures) as VersionTask['figures'];
}

function figuresOfDistribution({ n, late, at }: Distribution): Figures {
  const levels = LEVELS.map((level): readonly [string, Figure | Missing] => {
    const estimate = at[level];
    if (isMissing(estimate)) return [level, estimate];
    const { value, low, high } = estimate;
    return [level, { value, low, high }];
  });
  return { n, late: late.censored + late.never, at: Object.fromEntries(levels) as Figures['at'] };
}
