/** What the gates of a run will be able to see, before it begins. */
import { limitsOf } from '../core/analyse/suites.js';
import { UserError } from '../core/errors.js';
import { taskKey } from '../core/keys.js';
import type { Compared } from '../core/regress/figures.js';
import {
  type ForeseenLimit,
  type Foresight,
  foreseeComparison,
  foreseeLimits,
  type PlannedTask,
} from '../core/regress/foresight.js';
import { pairVersions } from '../core/regress/pairs.js';
import { type AbDefinition, inTurnsOf } from './ab.js';
import { type GateRequest, gateDefinition } from './compare.js';
import { DEFAULTS } from './defaults.js';
import { type Definitions, loadDefinitions, type RunDefinition } from './definitions.js';
import { analyseLog } from './read.js';
import { logOf } from './runs.js';
import { openPair } from './versions.js';
import { type World, worldOf } from './world.js';

/**
 * @param pilot An earlier run of `ab`, which tells how much versions disagree and blocks vary.
 * @throws UserError when a definition, a gate or the pilot is not as it must be.
 */
export async function foreseeAb(
  definition: AbDefinition,
  { gates, pilot, ...options }: Partial<World> & { readonly gates: GateRequest; readonly pilot?: string | undefined },
): Promise<Foresight> {
  const world = worldOf(options);
  const { inTurns, ...rest } = inTurnsOf(definition);
  const definitions = await loadDefinitions({ ...rest, inTurns }, world);
  const compared = pilot === undefined ? null : await comparedOf(pilot, world.cwd);
  const plan = { tasks: tasksOf(definitions), blocks: inTurns.blocks, looks: 'twice' } as const;
  return foreseeComparison(gateDefinition(definitions.record.suites, gates.gate ?? {}), plan, compared);
}

/** @throws UserError when a definition or a gate is not as it must be. */
export async function foreseeRun(
  definition: RunDefinition,
  { gates, ...options }: Partial<World> & { readonly gates: GateRequest },
): Promise<readonly ForeseenLimit[]> {
  const definitions = await loadDefinitions(definition, worldOf(options));
  const { suites } = definitions.record;
  const { power: wanted } = gateDefinition(suites, gates.gate ?? {});
  const planned = new Map(tasksOf(definitions).map((task) => [task.task, task]));
  return suites.flatMap((suite) => {
    const tasks = suite.tasks.map((task) => ({
      ...planned.get(taskKey(suite.name, task.name))!,
      limits: limitsOf(suite, task),
      repetitions: task.repetitions ?? definition.repetitions ?? DEFAULTS.repetitions,
    }));
    return foreseeLimits(tasks, { alpha: suite.requirement.alpha, burden: gates.burden, wanted });
  });
}

function tasksOf({ record, samples }: Definitions): readonly PlannedTask[] {
  const ofBase = Object.values(record.settings.inTurns?.baseSuites ?? {});
  const suites = record.suites.filter(({ name }) => !ofBase.includes(name));
  return suites.flatMap((suite) =>
    suite.tasks.map(({ name }) => ({
      task: taskKey(suite.name, name),
      groups: samples.filter((one) => one.suite === suite.name && one.task === name).map(({ group }) => group),
    })),
  );
}

async function comparedOf(run: string, cwd: string): Promise<Compared> {
  const { inTurns } = (await analyseLog(logOf(run, cwd))).run.settings;
  if (inTurns === undefined)
    throw new UserError(`--pilot ${run}: expected a run of \`rightsize ab\`, found another; name one of them`);
  const { source, speed } = await openPair(run, inTurns, cwd);
  const [base, candidate] = [source.version(inTurns.base), source.version(inTurns.candidate)];
  return { base, candidate, speed, paired: pairVersions(base, candidate) };
}
