/** Writes the baseline of a run: a small file for the repository, which later runs are compared with. */
import { resolve } from 'node:path';
import { UserError } from '../core/errors.js';
import { baselineOf } from '../core/regress/baseline.js';
import { shellCommand } from '../core/report/text.js';
import { writeBaseline } from '../files/baseline.js';
import { displayPath } from '../system/path.js';
import { openSource } from './versions.js';
import { type World, worldOf } from './world.js';

export interface BaselineOptions extends Partial<Pick<World, 'cwd'>> {
  /** The file to write. */
  readonly out: string;
  /** The models to keep; without them, all of the run. */
  readonly models?: readonly string[] | undefined;
  /** Whether the file may hold what models wrote; without it, it holds no outputs. */
  readonly outputs?: 'with outputs' | 'without outputs' | undefined;
}

export interface WrittenBaseline {
  readonly file: string;
  readonly models: readonly string[];
  readonly samples: number;
}

/** @throws UserError when the run is incomplete, or the file cannot be written. */
export async function writeBaselineOf(run: string, options: BaselineOptions): Promise<WrittenBaseline> {
  const { cwd } = worldOf(options);
  const { out, models = [], outputs = 'without outputs' } = options;
  const source = await openSource(run, cwd);
  const named = models.length > 0 ? models : source.models;
  const versions = named.map((model) => source.version(model));
  const cut = versions.find(({ incomplete }) => incomplete !== null);
  if (cut !== undefined) {
    throw new UserError(
      `${source.name}: expected a complete run, found one that is not (${cut.incomplete}); finish it with: ${shellCommand(['rightsize', 'run', '--resume', run])}`,
    );
  }
  const file = resolve(cwd, out);
  await writeBaseline(file, baselineOf(versions, outputs));
  const samples = versions[0]!.tasks.reduce((total, task) => total + task.samples.length, 0);
  return { file: displayPath(file, cwd), models: named, samples };
}
