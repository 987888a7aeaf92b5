/** What `rightsize capacity --model` names: a published model, a file of weights, a folder with a configuration, or a model of models.json. */
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readGguf } from '../backends/llama-cpp/gguf.js';
import { shapeOfConfig } from '../core/capacity/config/config.js';
import { shapeOfGguf } from '../core/capacity/gguf.js';
import { isPublished, type PricedModel, publishedModels } from '../core/capacity/model-cost.js';
import { publishedEntry } from '../core/capacity/plan/recorded-shape.js';
import { isStorageName, type StorageName, storageOf } from '../core/capacity/storage.js';
import { isHubReference } from '../core/definition/hub-reference.js';
import type { Model } from '../core/definition/model.js';
import { describeError, UserError } from '../core/errors.js';
import { loadModels } from '../files/definitions.js';
import { readText } from '../system/path.js';

export interface NamedModelOptions {
  /** How the engine's users store weights if the name does not say. */
  readonly usual: StorageName;
  readonly cwd: string;
  /** The models.json that has the model, if it is of one. */
  readonly catalogue: string;
}

/** @throws UserError for a model that is not known, or whose files do not tell its shape. */
export async function namedModels(
  name: string,
  { usual, cwd, catalogue }: NamedModelOptions,
): Promise<readonly PricedModel[]> {
  if (isPublished(name)) return publishedModels(name, usual);
  const path = resolve(cwd, name);
  const found = await stat(path).catch(() => null);
  if (found !== null) return [await modelAt(path, name, found.isDirectory())];
  const entry = await entryOf(name, catalogue, cwd);
  return entry === null ? publishedModels(name, usual) : modelsOfEntry(entry, usual);
}

/** Of a model of models.json. @throws UserError when nothing tells its shape. */
export async function modelsOfEntry(
  { model, directory }: { readonly model: Model; readonly directory: string },
  usual: StorageName,
): Promise<readonly PricedModel[]> {
  const called = (models: readonly PricedModel[]) => models.map((one) => ({ ...one, name: model.id }));
  if (!('source' in model) || 'endpoint' in model) {
    throw new UserError(
      `--model ${model.id}: expected a model with weights of its own, found one behind a server, whose shape nobody tells; name the published model`,
    );
  }
  const { source } = model;
  if (!isHubReference(source)) {
    const path = resolve(directory, source);
    const found = await stat(path).catch(() => null);
    if (found === null)
      throw new UserError(`--model ${model.id}: expected its weights at ${source}, found nothing there`);
    return called([await modelAt(path, model.id, found.isDirectory())]);
  }
  const published = publishedEntry(model, usual);
  if (published === null) {
    throw new UserError(
      `--model ${model.id}: expected a published model that the catalogue has, found ${source}; give its GGUF file, or a folder with its config.json`,
    );
  }
  return called(published);
}

async function entryOf(
  name: string,
  catalogue: string,
  cwd: string,
): Promise<{ readonly model: Model; readonly directory: string } | null> {
  // A name that no catalogue has is that of a published model, or of none: the sentence about those is the better one.
  const loaded = await loadModels(catalogue, [name], cwd).catch((error: unknown) => {
    if (error instanceof UserError) return [];
    throw error;
  });
  return loaded.length === 1 ? loaded[0]! : null;
}

async function modelAt(path: string, name: string, isFolder: boolean): Promise<PricedModel> {
  if (path.endsWith('.gguf')) {
    return { name, shape: shapeOfGguf((await readGguf(path)).content, name), source: 'the header of the file' };
  }
  const file = isFolder ? join(path, 'config.json') : path;
  const config = await readJson(file, name);
  const storage = storageIn(config);
  return { name, shape: shapeOfConfig(config, storageOf(storage), name), source: `its config.json, as ${storage}` };
}

async function readJson(file: string, name: string): Promise<unknown> {
  try {
    return JSON.parse(await readText(file));
  } catch (error) {
    throw new UserError(
      `--model: expected a GGUF file, or a config.json in the folder ${name}, but ${describeError(error)}; ` +
        'give the file of the weights, or a published model',
      { cause: error },
    );
  }
}

/** How the configuration says that its weights are stored; 16 bits if it does not say. */
function storageIn(config: unknown): StorageName {
  const { quantization_config: quantised, torch_dtype: type } = Object(config) as Readonly<Record<string, unknown>>;
  const method = String((Object(quantised) as Readonly<Record<string, unknown>>).quant_method ?? '');
  if (isStorageName(method)) return method;
  return type === 'float32' ? 'f32' : 'bf16';
}
