/**
 * Suites x models x repetitions, laid out as trials: blocked by model (a model is opened once), by task inside it, and the
 * models in an order rotated by the seed, so that no model is always the first on a cold machine.
 */
export interface Trial {
  /** `suite/task/sample@model#repetition` */
  readonly id: string;
  readonly suite: string;
  readonly task: string;
  readonly sample: string;
  readonly model: string;
  /** Counts from 1. */
  readonly repetition: number;
}

/** The trials of one task on one model. */
export interface Cell {
  readonly suite: string;
  readonly task: string;
  readonly trials: readonly Trial[];
}

/** All that one opened model has to do. */
export interface Block {
  readonly model: string;
  readonly cells: readonly Cell[];
}

export interface Workload {
  readonly suite: string;
  readonly task: string;
  readonly samples: readonly string[];
  /** In place of those of the run. */
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
  return rotated.map((model) => ({
    model,
    cells: workloads.map(({ suite, task, samples, repetitions: own }) => ({
      suite,
      task,
      trials: repetitions(own ?? options.repetitions).flatMap((repetition) =>
        samples.map((sample) => ({
          id: trialId({ suite, task, sample, model, repetition }),
          suite,
          task,
          sample,
          model,
          repetition,
        })),
      ),
    })),
  }));
}

/** What remains of a plan once some trials are recorded; blocks and cells with nothing left are gone. */
export function remaining(blocks: readonly Block[], recorded: ReadonlySet<string>): readonly Block[] {
  return blocks
    .map(({ model, cells }) => ({
      model,
      cells: cells
        .map((cell) => ({ ...cell, trials: cell.trials.filter((trial) => !recorded.has(trial.id)) }))
        .filter((cell) => cell.trials.length > 0),
    }))
    .filter((block) => block.cells.length > 0);
}

export function countTrials(blocks: readonly Block[]): number {
  return blocks.reduce((sum, { cells }) => sum + cells.reduce((part, { trials }) => part + trials.length, 0), 0);
}

export function trialId({ suite, task, sample, model, repetition }: Omit<Trial, 'id'>): string {
  return `${suite}/${task}/${sample}@${model}#${repetition}`;
}

function repetitions(n: number): readonly number[] {
  return Array.from({ length: n }, (_, i) => i + 1);
}
