/**
 * The plan: all trials of suites x models x repetitions. A block holds the trials of one model under one condition, so each
 * model is opened once for each condition. The seed rotates the models, so that no model is always the first on a cold machine.
 */
import { ALONE, type Closed, type Condition, conditionText, isAlone } from '../definition/condition.js';
import { sampleKey } from '../keys.js';
import { type Trial, type Trials, trialsMade, trialsThat } from './trials.js';

export type { Trial } from './trials.js';

/** The trials of one task on one model under one condition. */
export interface PlannedCell {
  readonly suite: string;
  readonly task: string;
  readonly trials: Trials;
}

/** The trials of one opened model under one condition. */
export interface Block {
  readonly model: string;
  readonly condition: Closed;
  /** Blocks of one opening share a session, which stays open from the first of them to the last. Without it a block has its own. */
  readonly opening?: string;
  readonly cells: readonly PlannedCell[];
}

export interface Workload {
  readonly suite: string;
  readonly task: string;
  readonly samples: readonly string[];
  /** The default is `closed 1`. */
  readonly condition?: Closed | undefined;
  /** The default is the number of the run. */
  readonly repetitions?: number | undefined;
}

export interface PlanOptions {
  readonly repetitions: number;
  readonly seed: number;
}

export function plan(
  workloads: readonly Workload[],
  models: readonly string[],
  options: PlanOptions,
): readonly Block[] {
  const start = models.length === 0 ? 0 : options.seed % models.length;
  const rotated = [...models.slice(start), ...models.slice(0, start)];
  const conditions = [...byCondition(workloads).values()];
  return rotated.flatMap((model) =>
    conditions.map(({ condition, workloads }) => ({
      model,
      condition,
      cells: workloads.map((workload) => planCell(workload, { model, condition, repetitions: options.repetitions })),
    })),
  );
}

interface UnderCondition {
  readonly condition: Closed;
  readonly workloads: Workload[];
}

/** Groups workloads by condition, in the order in which the conditions first appear. */
function byCondition(workloads: readonly Workload[]): ReadonlyMap<string, UnderCondition> {
  const groups = new Map<string, UnderCondition>();
  for (const workload of workloads) {
    const { condition = ALONE } = workload;
    const text = conditionText(condition);
    const group = groups.get(text) ?? { condition, workloads: [] };
    groups.set(text, group);
    group.workloads.push(workload);
  }
  return groups;
}

function planCell(
  { suite, task, samples, repetitions: taskRepetitions }: Workload,
  {
    model,
    condition,
    repetitions: runRepetitions,
  }: Pick<Trial, 'model' | 'condition'> & Pick<PlanOptions, 'repetitions'>,
): PlannedCell {
  const each = samples.length;
  return {
    suite,
    task,
    trials: trialsMade(each * (taskRepetitions ?? runRepetitions), (i) => {
      const sample = samples[i % each]!;
      const trial = { suite, task, sample, model, condition, repetition: 1 + Math.floor(i / each) };
      return { id: trialId(trial), ...trial };
    }),
  };
}

/** Returns the part of a plan that is not recorded, without empty blocks and cells. */
export function remaining(
  blocks: readonly Block[],
  recorded: { readonly has: (trial: Trial) => boolean },
): readonly Block[] {
  return blocks
    .map(({ cells, ...block }) => ({
      ...block,
      cells: cells
        .map((cell) => ({ ...cell, trials: trialsThat(cell.trials, (trial) => !recorded.has(trial)) }))
        .filter((cell) => cell.trials.length > 0),
    }))
    .filter((block) => block.cells.length > 0);
}

export function countTrials(blocks: readonly Block[]): number {
  return blocks.reduce((sum, { cells }) => sum + cells.reduce((part, { trials }) => part + trials.length, 0), 0);
}

export function trialId({
  model,
  condition,
  repetition,
  ...sample
}: Omit<Trial, 'id' | 'condition'> & { readonly condition: Condition }): string {
  const id = `${sampleKey(sample)}@${model}#${repetition}`;
  return isAlone(condition) ? id : `${id} ${conditionText(condition)}`;
}
