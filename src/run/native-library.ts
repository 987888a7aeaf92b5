/**
 * The build of llama.cpp that a user names: `library` in a model entry, or RIGHTSIZE_LLAMA_CPP for all entries without one. It is
 * native code and does what it likes, so its name comes from the user's own files and environment, and never from a log.
 */
import { resolve } from 'node:path';
import { UserError } from '../core/errors.js';
import type { LoadedModel } from '../files/definitions.js';
import type { World } from './world.js';

const VARIABLE = 'RIGHTSIZE_LLAMA_CPP';

/** The entry as it is measured and logged, with the library that the environment names. */
export function withNamedLibrary(loaded: LoadedModel, { environment, cwd }: Pick<World, 'environment' | 'cwd'>) {
  const { model } = loaded;
  const named = environment[VARIABLE];
  if (!named || model.backend !== 'llama-cpp' || model.library !== undefined) return loaded;
  return { ...loaded, model: { ...model, library: resolve(cwd, named) } };
}

/**
 * Asks for the libraries of a logged run again.
 *
 * @throws UserError when the environment does not name what a model was measured with.
 */
export function requireNamedLibraries(
  models: readonly LoadedModel[],
  { environment, cwd }: Pick<World, 'environment' | 'cwd'>,
): void {
  const named = environment[VARIABLE] ? resolve(cwd, environment[VARIABLE]) : null;
  for (const { model, directory } of models) {
    if (model.backend !== 'llama-cpp') continue;
    const measured = model.library === undefined ? null : resolve(directory, model.library);
    if (measured === named) continue;
    throw new UserError(
      measured === null
        ? `models.${model.id}: expected the llama.cpp of rightsize, with which this run began, found ${VARIABLE}=${named}; take it out of the environment`
        : `models.${model.id}: expected ${VARIABLE}=${measured}, with which this run began, found ${named ?? 'none'}; a library is never taken from a log, so name it`,
    );
  }
}
