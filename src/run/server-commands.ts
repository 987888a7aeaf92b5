/**
 * The log of a run names the commands that start its servers, and a log may come from a stranger. A command runs again only
 * where the user's own catalogue has it.
 */
import { isDeepStrictEqual } from 'node:util';
import { UserError } from '../core/errors.js';
import { type LoadedModel, loadModels } from '../files/definitions.js';

/** @throws UserError for a model of a logged run whose command is not that of the entry of this name in the catalogue. */
export async function requireOwnCommands(models: readonly LoadedModel[], catalogue: string): Promise<void> {
  for (const { model } of models) {
    if (model.backend !== 'openai' || model.server === undefined) continue;
    const own = await loadModels(catalogue, [model.id]).catch(() => []);
    const known = own.some((entry) => 'server' in entry.model && isDeepStrictEqual(entry.model.server, model.server));
    if (known) continue;
    throw new UserError(
      `--resume: the log starts a server for model "${model.id}" with the command "${model.server.command.join(' ').slice(0, 200)}", ` +
        `which ${catalogue} does not have; look at it, and name the models.json that has it with --models`,
    );
  }
}
