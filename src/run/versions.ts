/** Versions of models, from the logs of runs and from baselines. */
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { startAnalysis } from '../core/analyse/analyse.js';
import type { Analysis } from '../core/analyse/analysis.js';
import { UserError } from '../core/errors.js';
import { versionOf } from '../core/regress/extract.js';
import type { SpeedBasis } from '../core/regress/figures.js';
import { startInterleaved } from '../core/regress/interleaved.js';
import type { Version } from '../core/regress/version.js';
import { readBaseline } from '../files/baseline.js';
import { readLog } from '../files/log.js';
import { displayPath } from '../system/path.js';
import { analyseLog } from './read.js';
import { logOf } from './runs.js';

/** A run or a baseline that versions are taken from. */
export interface Source {
  readonly name: string;
  readonly models: readonly string[];
  /** Null for a baseline. */
  readonly analysis: Analysis | null;
  /** @throws UserError when there is no such model. */
  version(model: string): Version;
}

/** @throws UserError when the reference is neither a run nor a baseline. */
export async function openSource(reference: string, cwd: string): Promise<Source> {
  const path = resolve(cwd, reference);
  if (existsSync(path) && statSync(path).isFile() && path.endsWith('.json')) return baselineSource(path, cwd);
  return runSource(displayPath(path, cwd), await analyseLog(logOf(reference, cwd)));
}

async function baselineSource(file: string, cwd: string): Promise<Source> {
  const { models } = await readBaseline(file);
  const name = displayPath(file, cwd);
  return {
    name,
    models: models.map(({ model }) => model),
    analysis: null,
    version(model) {
      const found = models.find((one) => one.model === model);
      if (found === undefined) throw noSuchModel(name, model, models);
      return found;
    },
  };
}

function noSuchModel(name: string, model: string, models: readonly { readonly model: string }[]): UserError {
  const known = models.map((one) => one.model).join(', ');
  return new UserError(`${name}: expected one of its models (${known}), found ${model}; name one of them`);
}

export function runSource(name: string, analysis: Analysis): Source {
  return {
    name,
    models: analysis.models.map(({ id }) => id),
    analysis,
    version: (model) => versionOf(analysis, model),
  };
}

/** One run that measured two models in turns: its analysis, and the blocks of their speed. */
export async function openPair(
  reference: string,
  { base, candidate }: { readonly base: string; readonly candidate: string },
  cwd: string,
): Promise<{ readonly source: Source; readonly speed: SpeedBasis }> {
  const log = logOf(reference, cwd);
  const analysis = startAnalysis();
  const interleaved = startInterleaved({ base, candidate });
  for await (const record of readLog(log)) {
    analysis.add(record);
    interleaved.add(record);
  }
  return {
    source: runSource(displayPath(resolve(cwd, reference), cwd), analysis.finish()),
    speed: { kind: 'interleaved', blocks: interleaved.finish() },
  };
}
