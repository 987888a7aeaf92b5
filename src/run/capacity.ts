/** Which devices run a model, and how fast one stream is there, before anything is bought or downloaded. */
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readGguf } from '../backends/llama-cpp/gguf.js';
import { CALIBRATION } from '../core/capacity/catalogue/constants.js';
import { shapeOfConfig } from '../core/capacity/config/config.js';
import { type Device, nameOf } from '../core/capacity/device.js';
import { allDevices } from '../core/capacity/devices.js';
import type { CacheType } from '../core/capacity/engines.js';
import { ENGINES, type EngineName, usualEngine } from '../core/capacity/engines.js';
import { shapeOfGguf } from '../core/capacity/gguf.js';
import { isPublished, type PricedModel, publishedModels } from '../core/capacity/model-cost.js';
import { type Prediction, predict } from '../core/capacity/predict.js';
import { isStorageName, type StorageName, storageOf } from '../core/capacity/storage.js';
import { describeError, UserError } from '../core/errors.js';
import { loadPrices } from '../files/price-list.js';
import { type World, worldOf } from './world.js';

export interface CapacityQuestion {
  /** Published models (`qwen3-4b`, `qwen3-4b:q8_0`, `qwen3-4b:*`), GGUF files, or folders with a `config.json`. */
  readonly models: readonly string[];
  /** Names of devices; those that reports list if there are none. */
  readonly devices: readonly string[];
  /** Tokens of the prompt and of the answer. */
  readonly prompt: number;
  readonly output: number;
  /** Tokens of context; the prompt and the answer if it is absent. */
  readonly context?: number | undefined;
  /** The usual engine of each device if it is absent. */
  readonly engine?: EngineName | undefined;
  readonly cacheType?: CacheType | undefined;
  /** A file with devices of your own. */
  readonly prices?: string | undefined;
}

export interface CapacityAnswer {
  readonly question: Omit<CapacityQuestion, 'prices'>;
  /** When the constants were fitted. */
  readonly calibrated: string;
  readonly predictions: readonly Prediction[];
}

/** @throws UserError for a model, a device or a length that is unknown or makes no sense. */
export async function capacity(
  question: CapacityQuestion,
  options: Partial<Pick<World, 'cwd'>> = {},
): Promise<CapacityAnswer> {
  const { cwd } = worldOf(options);
  if (question.models.length === 0) {
    throw new UserError('--model: expected a model, found none; name a published one (qwen3-4b), or a GGUF file');
  }
  const { prices, ...asked } = question;
  const context = question.context ?? question.prompt + question.output;
  if (context < question.prompt + question.output) {
    throw new UserError(
      `--context: expected room for ${question.prompt} tokens of the prompt and ${question.output} of the answer, found ` +
        `${context}; leave it out or ask for less`,
    );
  }
  const own = await loadPrices(prices === undefined ? undefined : resolve(cwd, prices));
  const devices = chosen(allDevices(own?.devices ?? []), question.devices);
  const predictions: Prediction[] = [];
  for (const name of question.models) {
    for (const device of devices) {
      const engine = question.engine ?? usualEngine(device);
      for (const model of await modelsOf(name, ENGINES[engine].storage, cwd)) {
        refuseLongContext(model, context);
        const { cacheType = 'f16' } = question;
        const lengths = { prompt: question.prompt, output: question.output };
        predictions.push(predict({ model, device, engine, lengths, context, cacheType }, CALIBRATION));
      }
    }
  }
  return { question: asked, calibrated: CALIBRATION.date, predictions };
}

function chosen(devices: readonly Device[], names: readonly string[]): readonly Device[] {
  if (names.length === 0) return devices.filter(({ listed, thisMachine }) => listed === true || thisMachine === true);
  return names.map((name) => {
    const found = devices.find((device) => nameOf(device) === name || device.name === name);
    if (found !== undefined) return found;
    const letters = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '');
    const near = devices.map(nameOf).filter((id) => letters(id).includes(letters(name)));
    const hint = near.length > 0 ? `did you mean ${near.slice(0, 5).join(' or ')}? ` : '';
    throw new UserError(
      `--device: expected a device of the catalogue, found "${name}"; ${hint}\`rightsize list devices\` shows all, and --prices adds your own`,
    );
  });
}

async function modelsOf(name: string, usual: StorageName, cwd: string): Promise<readonly PricedModel[]> {
  if (isPublished(name)) return publishedModels(name, usual);
  const path = resolve(cwd, name);
  const found = await stat(path).catch(() => null);
  if (found === null) return publishedModels(name, usual);
  if (path.endsWith('.gguf')) {
    return [{ name, shape: shapeOfGguf((await readGguf(path)).content, name), source: 'the header of the file' }];
  }
  const file = found.isDirectory() ? join(path, 'config.json') : path;
  const config = await readJson(file, name);
  const storage = storageIn(config);
  return [{ name, shape: shapeOfConfig(config, storageOf(storage), name), source: `its config.json, as ${storage}` }];
}

async function readJson(file: string, name: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
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

function refuseLongContext({ name, shape: { maxContext } }: PricedModel, context: number): void {
  if (maxContext === null || context <= maxContext) return;
  throw new UserError(
    `--model ${name}: expected a context of at most ${maxContext} tokens, for which the model was made, found ${context}; ` +
      'ask for a shorter prompt, answer or context',
  );
}
