/** Finds out whether models could run here, without loading any. */
import type { Readiness } from '../backends/backend.js';
import { backendOf } from '../backends/table.js';
import { describeError, UserError } from '../core/errors.js';
import type { LoadedModel } from '../files/definitions.js';
import type { World } from './world.js';

type Environment = World['environment'];

/** @throws UserError for the first model that could not run here. */
export async function requireReady(models: readonly LoadedModel[], environment: Environment): Promise<void> {
  for (const loaded of models) {
    const found = await readinessOf(loaded, environment);
    if (found.ready === false) throw new UserError(`${loaded.model.id}: ${found.reason}`);
  }
}

export async function readinessOf({ model, directory }: LoadedModel, environment: Environment): Promise<Readiness> {
  try {
    const backend = await backendOf(model);
    return await backend.check(model, { directory, environment });
  } catch (error) {
    return {
      ready: false,
      reason: `the ${model.backend} backend cannot be loaded (${describeError(error)}); reinstall its package`,
    };
  }
}
