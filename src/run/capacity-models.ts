/** What `rightsize capacity --model` names: a published model, a file of weights, a folder with a configuration, the same at the hub, or a model of models.json. */
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { readDistantGguf, readGguf } from '../backends/llama-cpp/gguf.js';
import { readModelFolder } from '../backends/onnxruntime/folder.js';
import { shapeOfFolder } from '../backends/onnxruntime/shape.js';
import { shapeOfConfig } from '../core/capacity/config/config.js';
import { storageOfConfig } from '../core/capacity/config/stored.js';
import { shapeOfGguf } from '../core/capacity/gguf.js';
import { isPublished, notPublished, type PricedModel, publishedModels } from '../core/capacity/model-cost.js';
import { publishedEntry } from '../core/capacity/plan/recorded-shape.js';
import { isEstimate, type StorageName, storageOf } from '../core/capacity/storage.js';
import { isHubReference } from '../core/definition/hub-reference.js';
import type { Model } from '../core/definition/model.js';
import { describeError, UserError } from '../core/errors.js';
import { once } from '../core/stats/basics/once.js';
import { loadModels } from '../files/definitions.js';
import { ggufFiles, withPartsOf } from '../hub/hub.js';
import { readText } from '../system/path.js';
import type { World } from './world.js';

export interface NamedModelOptions {
  readonly cwd: string;
  /** The models.json that has the model, if it is of one. */
  readonly catalogue: string;
  /** Where the hub is, and who asks it. */
  readonly environment: World['environment'];
}

export interface NamedModel extends PricedModel {
  /** The folder with its files, if they are here. */
  readonly folder?: string;
}

/**
 * Reads what was found under a name, once for each way to store weights.
 *
 * @param usual How the engine's users store weights if the name does not say.
 * @throws UserError for a model whose files do not tell its shape, or cannot be read.
 */
export type ReadModels = (usual: StorageName) => Promise<readonly NamedModel[]>;

/** @throws UserError for a name under which there is no model. */
export async function findModels(
  name: string,
  { cwd, catalogue, environment }: NamedModelOptions,
): Promise<ReadModels> {
  if (isPublished(name)) return async (usual) => publishedModels(name, usual);
  // A hub that does not answer, and a large header, are waited for once, however many devices there are.
  if (isHubReference(name)) return once(async () => [await modelAtHub(name, { cwd, environment })]);
  const path = resolve(cwd, name);
  const found = await stat(path).catch(() => null);
  if (found !== null) return once(async () => [await modelAt(path, name, found.isDirectory())]);
  const entry = await entryOf(name, catalogue, cwd);
  if (entry === null) throw notPublished(name);
  return onceForEach((usual) => modelsOfEntry(entry, { usual, environment }));
}

/** What depends on how the engine's users store weights is read once for each way. */
function onceForEach(read: ReadModels): ReadModels {
  const known = new Map<StorageName, ReturnType<ReadModels>>();
  return (usual) => {
    const found = known.get(usual) ?? read(usual);
    known.set(usual, found);
    return found;
  };
}

/** Of a model of models.json. @throws UserError when nothing tells its shape. */
export async function modelsOfEntry(
  { model, directory }: { readonly model: Model; readonly directory: string },
  {
    usual,
    environment,
    remedy = 'name the published model',
  }: Pick<NamedModelOptions, 'environment'> & { readonly usual: StorageName; readonly remedy?: string },
): Promise<readonly NamedModel[]> {
  const called = (models: readonly NamedModel[]) => models.map((one) => ({ ...one, name: model.id }));
  if (!('source' in model) || 'endpoint' in model) {
    throw new UserError(
      `--model ${model.id}: expected a model with weights of its own, found one behind a server, whose shape nobody tells; ${remedy}`,
    );
  }
  const { source } = model;
  if (!isHubReference(source)) {
    const path = resolve(directory, source);
    const found = await stat(path).catch(() => null);
    if (found === null)
      throw new UserError(`--model ${model.id}: expected its weights at ${source}, found nothing there`);
    const graph = 'file' in model ? model.file : undefined;
    const isOnnx = model.backend === 'onnxruntime' || model.backend === 'transformers';
    return called([isOnnx ? onnxAt(path, model.id, graph) : await modelAt(path, model.id, found.isDirectory())]);
  }
  return called(publishedEntry(model, usual) ?? [await modelAtHub(source, { cwd: directory, environment })]);
}

/**
 * From the hub, or from its cache: of GGUF files their beginning, of other repositories their configuration. Nothing is downloaded whole.
 *
 * @throws UserError when the hub cannot be read, or the files do not tell the shape.
 */
async function modelAtHub(
  source: string,
  { cwd, environment }: Pick<NamedModelOptions, 'cwd' | 'environment'>,
): Promise<PricedModel> {
  const include = (files: readonly string[]) =>
    files.some((file) => file.endsWith('.gguf')) ? ggufFiles(files, undefined, source) : ['config.json'];
  return withPartsOf(source, { directory: cwd, environment, include, pace: PACE }, async (files) => {
    if (files.every(({ name }) => name.endsWith('.gguf'))) {
      const parts = await Promise.all(files.map(readDistantGguf));
      const content = { metadata: parts[0]!.metadata, tensors: parts.flatMap(({ tensors }) => tensors) };
      return {
        name: source,
        shape: shapeOfGguf(content, source),
        isEstimated: false,
        source: 'the header of the file at the hub',
      };
    }
    const [file] = files;
    if (file!.size > MOST_OF_CONFIGURATION)
      throw new UserError(`${source}: expected a config.json of less than 1 MiB, found ${file!.size} bytes`);
    const text = Buffer.from(await file!.read({ offset: 0, end: file!.size })).toString('utf8');
    const config = parsedAs(text, source);
    const storage = storageOfConfig(config, source);
    return {
      name: source,
      shape: shapeOfConfig(config, storageOf(storage), source),
      isEstimated: isEstimate(storage),
      source: `its config.json, as ${storage}`,
    };
  });
}

function parsedAs(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError(`${source}: expected a config.json, but ${describeError(cause)}; name the published model`, {
      cause,
    });
  }
}

/** Somebody waits, so the hub is tried twice. */
const PACE = { attempts: 2, delay: 1, patience: 10, stall: 15 };
const MOST_OF_CONFIGURATION = 2 ** 20;

/** @throws UserError when the folder holds no whole model, or its configuration does not tell the shape. */
function onnxAt(path: string, name: string, graph: string | undefined): NamedModel {
  const shape = shapeOfFolder(readModelFolder(path, graph));
  return { name, shape, isEstimated: false, source: 'its ONNX graph and the configuration beside it', folder: path };
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

async function modelAt(path: string, name: string, isFolder: boolean): Promise<NamedModel> {
  if (path.endsWith('.onnx')) {
    const root = folderOf(path);
    return onnxAt(root, name, relative(root, path).replaceAll('\\', '/'));
  }
  if (isFolder && !existsSync(join(path, 'config.json')) && existsSync(join(path, 'genai_config.json')))
    return onnxAt(path, name, undefined);
  if (path.endsWith('.gguf')) {
    const { content } = await readGguf(path);
    return {
      name,
      shape: shapeOfGguf(content, name),
      isEstimated: false,
      source: 'the header of the file',
      folder: dirname(path),
    };
  }
  const file = isFolder ? join(path, 'config.json') : path;
  const config = await readJson(file, name);
  const storage = storageOfConfig(config, name);
  return {
    name,
    shape: shapeOfConfig(config, storageOf(storage), name),
    isEstimated: isEstimate(storage),
    source: `its config.json, as ${storage}`,
    folder: dirname(file),
  };
}

/** The folder with the configuration of a graph, which often lies one below it. */
function folderOf(graph: string): string {
  const folders = [dirname(graph), dirname(dirname(graph))];
  const has = (folder: string) => CONFIGURATIONS.some((name) => existsSync(join(folder, name)));
  return folders.find(has) ?? folders[0]!;
}

const CONFIGURATIONS = ['config.json', 'genai_config.json'];

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
