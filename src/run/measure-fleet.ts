/** Lets the machines of a fleet measure what a run would measure here. The log of the run gets their lines. */
import { UserError } from '../core/errors.js';
import type { RunRecord } from '../core/log/log.js';
import type { Block } from '../core/plan/plan.js';
import { readLog } from '../files/log.js';
import { type AnsweredAgain, dispatch, machinesOf, textHash } from '../fleet/coordinator.js';
import type { RunNotice } from '../fleet/messages.js';
import { connect } from '../fleet/redis.js';
import { KEY_VARIABLE, sealWith } from '../fleet/seal.js';
import type { Definitions } from './definitions.js';
import type { RunEnding, RunnerOptions } from './runner.js';
import type { World } from './world.js';

export interface FleetOptions {
  /** The address of the fleet's Redis. */
  readonly url: string;
  /** Labels that a machine needs. */
  readonly labels?: readonly string[] | undefined;
  /** Measure everything on every machine that is there with these labels, in place of each trial on one of them. */
  readonly everywhere?: boolean | undefined;
}

/**
 * The definitions with each model once for each machine: `small on desk`, `small on pi5`. Their speeds stand side by side, and equal
 * answers count as those of one model.
 *
 * @throws UserError when no machine is there.
 */
export async function placeEverywhere(
  definitions: Definitions,
  { url, labels = [] }: FleetOptions,
  environment: World['environment'],
): Promise<Definitions> {
  const connection = await connect(url, () => {});
  const machines = await machinesOf(connection, sealWith(environment[KEY_VARIABLE])).finally(() =>
    connection.redis.disconnect(),
  );
  const names = machines.filter((one) => labels.every((label) => one.labels.includes(label))).map(({ name }) => name);
  if (names.length === 0) {
    throw new UserError(
      `--each-machine: expected machines that have joined, found none; on each: rightsize join ${connection.shown}`,
    );
  }
  const placed = definitions.models.flatMap(({ model, directory }) =>
    names.map((machine) => ({
      model: { ...model, id: `${model.id} on ${machine}` },
      directory,
      of: model.id,
      machine,
    })),
  );
  const { record } = definitions;
  return {
    ...definitions,
    models: placed.map(({ model, directory }) => ({ model, directory })),
    record: {
      ...record,
      models: placed.map(({ model }) => model),
      directories: Object.fromEntries(placed.map(({ model, directory }) => [model.id, directory])),
      settings: {
        ...record.settings,
        placed: Object.fromEntries(placed.map(({ model, of, machine }) => [model.id, { model: of, machine }])),
      },
    },
  };
}

export interface FleetContext extends Pick<RunnerOptions, 'samples' | 'append' | 'onEvent' | 'signal'> {
  /** The log of the run, which says what it is. */
  readonly log: string;
  /** The whole plan of the run. */
  readonly whole: readonly Block[];
  readonly environment: World['environment'];
  readonly say: (text: string) => void;
}

/** Runs trials of a plan. @throws UserError when the fleet cannot be reached. */
export async function executeOnFleet(
  blocks: readonly Block[],
  { url, labels = [] }: FleetOptions,
  { log, environment, say, onEvent, ...context }: FleetContext,
): Promise<RunEnding> {
  const seal = sealWith(environment[KEY_VARIABLE]);
  const connection = await connect(url, say);
  try {
    const { again, ...ending } = await dispatch(blocks, {
      ...context,
      connection,
      seal,
      record: (await runOf(log)) as RunNotice['record'],
      labels,
      onTrial: (trial, outcome) => onEvent({ type: 'trial', trial, outcome }),
      say,
    });
    const { twice, differing } = await compareTexts(log, again);
    if (twice > 0)
      say(`${twice} trials were measured by two machines, and ${differing} of them have another text there`);
    return ending;
  } finally {
    connection.redis.disconnect();
  }
}

async function runOf(log: string): Promise<RunRecord> {
  for await (const record of readLog(log)) if (record.type === 'run') return record;
  throw new UserError(`${log}: expected the log of a run, found no run in it`);
}

/** How many trials were measured twice, and how many of them have another text in the log than on the other machine. */
async function compareTexts(
  log: string,
  again: readonly AnsweredAgain[],
): Promise<{ readonly twice: number; readonly differing: number }> {
  if (again.length === 0) return { twice: 0, differing: 0 };
  const others = groupedByTrial(again);
  const [twice, differing] = [new Set<string>(), new Set<string>()];
  for await (const record of readLog(log)) {
    if (record.type !== 'measurement') continue;
    // A line that was sent twice is one measurement.
    const measured = (others.get(record.trial) ?? []).filter(({ session }) => session !== record.session);
    if (measured.length === 0) continue;
    twice.add(record.trial);
    const text = textHash(record.outcome);
    if (text !== null && measured.some((other) => other.text !== null && other.text !== text))
      differing.add(record.trial);
  }
  return { twice: twice.size, differing: differing.size };
}

function groupedByTrial(again: readonly AnsweredAgain[]): ReadonlyMap<string, readonly AnsweredAgain[]> {
  const grouped = new Map<string, AnsweredAgain[]>();
  for (const one of again) grouped.set(one.trial, [...(grouped.get(one.trial) ?? []), one]);
  return grouped;
}
