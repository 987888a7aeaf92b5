/**
 * Which devices run a model, how fast one stream is there, how many users or requests one device serves within objectives, how many devices a
 * demand takes, and what they cost. Before anything is bought, or from a run whose machine calibrates.
 */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CALIBRATION } from '../core/capacity/catalogue/constants.js';
import { nameOf } from '../core/capacity/device.js';
import { allDevices, ELECTRICITY } from '../core/capacity/devices.js';
import { ENGINES, type EngineName } from '../core/capacity/engines.js';
import type { PricedModel } from '../core/capacity/model-cost.js';
import type { CapacityReport, DevicePrediction } from '../core/capacity/plan/answer.js';
import { recordedShape } from '../core/capacity/plan/recorded-shape.js';
import type { StorageName } from '../core/capacity/storage.js';
import { describeError, UserError } from '../core/errors.js';
import { parseObjective } from '../core/load/objective.js';
import { isMissing, missing } from '../core/quantity.js';
import { loadPrices } from '../files/price-list.js';
import { type ChosenDevice, chosenDevices } from './capacity-devices.js';
import { type WantedTokens, wantedRequests, withWanted } from './capacity-lengths.js';
import { findModels, modelsOfEntry, type NamedModel, type ReadModels } from './capacity-models.js';
import {
  type DeviceAsking,
  type DeviceQuestion,
  measuredHere,
  predictOn,
  type Workload,
} from './capacity-on-device.js';
import { Refused, refusedBy, refusedIf, refusedRow } from './capacity-refused.js';
import { type MeasuredModel, type MeasuredWorkload, readWorkload } from './capacity-workload.js';
import { DEFAULTS } from './defaults.js';
import { catalogueFile } from './definitions.js';
import { pageAssets } from './page-assets.js';
import { type World, worldOf } from './world.js';

export interface CapacityQuestion extends DeviceQuestion {
  /** A run or a load test, which tells lengths, quality and the speed of its machine. */
  readonly run?: string | undefined;
  /** Published models (`qwen3-4b`, `qwen3-4b:q8_0`, `qwen3-4b:*`), models of models.json, GGUF files, ONNX graphs, folders with a `config.json`, or hub references. */
  readonly models: readonly string[];
  /** Names of devices; those that reports list if there are none. */
  readonly devices: readonly string[];
  /** Tokens of the prompt and of the answer, or how they are distributed; those of the run or of the suite if they are absent. */
  readonly prompt?: WantedTokens | undefined;
  readonly output?: WantedTokens | undefined;
  /** A suite whose prompts are asked. */
  readonly suite?: string | undefined;
  /** The usual engine of each device if it is absent. */
  readonly engine?: EngineName | undefined;
  /** Limits under load, such as `ttft p95 <= 1 s`; those of the run if there are none. */
  readonly objectives?: readonly string[] | undefined;
  readonly seed?: number | undefined;
  /** A file with devices of your own. */
  readonly prices?: string | undefined;
  /** Another models.json. */
  readonly catalogue?: string | undefined;
}

/** What is asked of the models of a run. */
export type CapacityAsked = Omit<CapacityQuestion, 'run' | 'suite' | 'prices'>;

export interface CapacityOptions extends Partial<Pick<World, 'cwd' | 'environment' | 'signal'>> {
  /**
   * `log`: what the log of the run does not tell of its models is unknown, so the answer is the same on every machine. Without it, their files and the
   * hub are read then.
   */
  readonly shapesFrom?: 'log' | undefined;
}

export interface CapacityAnswer {
  readonly question: Omit<CapacityQuestion, 'prices'>;
  /** When the constants were fitted. */
  readonly calibrated: string;
  /** What had to hold under load: of the question, or of the run where the question has none. */
  readonly objectives: readonly string[];
  readonly objectivesFrom: CapacityReport['objectivesFrom'];
  readonly predictions: readonly DevicePrediction[];
}

/** @throws UserError for a run, a model, a device or a number that is unknown or makes no sense, and where nothing that was asked can be answered. */
export async function capacity(question: CapacityQuestion, options: CapacityOptions = {}): Promise<CapacityAnswer> {
  const { cwd } = worldOf(options);
  const { run } = question;
  return capacityOf(question, run === undefined ? null : await readWorkload(run, { cwd }), options);
}

/** The same where the log of the run was read already. @param measured Null without a run. */
export async function capacityOf(
  question: CapacityQuestion,
  measured: MeasuredWorkload | null,
  options: CapacityOptions = {},
): Promise<CapacityAnswer> {
  const world = worldOf(options);
  const { prices, ...asked } = question;
  if (question.load !== undefined && question.load.headroom >= 1) {
    throw new UserError(
      '--headroom: expected less than 100%, found 100%; a device that keeps everything free serves nobody',
    );
  }
  const own = (await loadPrices(prices && resolve(world.cwd, prices))) ?? measured?.prices;
  const devices = allDevices(own?.devices ?? []);
  const { objectives: named = [] } = question;
  const isOfRun = measured !== null && named.length === 0 && measured.objectives.length > 0;
  const objectives = isOfRun ? measured.objectives : named;
  const asking: Asking = {
    question,
    objectives: objectives.map(parseObjective),
    cwd: world.cwd,
    environment: world.environment,
    signal: world.signal,
    seed: question.seed ?? DEFAULTS.seed,
    catalogue: catalogueFile(question.catalogue, world),
    shapesFrom: options.shapesFrom,
    devices,
    // A run asks about its own machine; other devices are named.
    chosen: question.run !== undefined && question.devices.length === 0 ? [] : chosenDevices(devices, question),
    electricity: own?.electricity ?? ELECTRICITY,
  };
  return {
    question: asked,
    calibrated: CALIBRATION.date,
    objectives,
    objectivesFrom: isOfRun ? 'run' : 'question',
    predictions: answered(measured === null ? await ofModels(asking) : await ofRun(asking, question.run!, measured)),
  };
}

/** The answer as its tables and charts take it. */
export function reportOf({ question, ...answer }: CapacityAnswer): CapacityReport {
  const { objectives, objectivesFrom, predictions, calibrated } = answer;
  return {
    predictions,
    objectives: objectives.map(parseObjective),
    objectivesFrom,
    wanted: question.load,
    calibrated,
  };
}

/** Writes the answer as one page that needs no other file. @throws UserError when the file cannot be written. */
export async function writeCapacityPage(
  answer: CapacityAnswer,
  file: string,
  options: Partial<Pick<World, 'cwd'>> = {},
): Promise<void> {
  const { cwd } = worldOf(options);
  const [{ capacityDocument }, { htmlReport }, assets] = await Promise.all([
    import('../core/report/document/capacity.js'),
    import('../core/report/html/page.js'),
    pageAssets(),
  ]);
  const samples = { models: [], tasks: [] };
  const [page] = await htmlReport(capacityDocument(reportOf(answer)), { assets, samples });
  try {
    await writeFile(resolve(cwd, file), page!.content);
  } catch (cause) {
    throw new UserError(`--html ${file}: the file cannot be written (${describeError(cause)}); choose another`, {
      cause,
    });
  }
}

interface Asking extends DeviceAsking {
  readonly question: CapacityQuestion;
  readonly cwd: string;
  readonly environment: World['environment'];
  readonly signal: World['signal'];
  readonly catalogue: string;
  readonly shapesFrom: CapacityOptions['shapesFrom'];
  readonly chosen: readonly (ChosenDevice | Refused)[];
}

/** A row, with whether it is about a device that the question names. */
interface Row {
  readonly found: DevicePrediction | Refused;
  readonly isAsked: boolean;
}

/** @throws UserError where no row that was asked for has an answer: the reason of the first. */
function answered(rows: readonly Row[]): readonly DevicePrediction[] {
  const asked = rows.filter(({ isAsked }) => isAsked);
  const [first] = asked;
  if (first?.found instanceof Refused && asked.every(({ found }) => found instanceof Refused)) throw first.found.error;
  return rows.map(({ found }) => (found instanceof Refused ? refusedRow(found) : found));
}

/** A row for each model that is read, or one that says why none is. */
async function rowsOn(
  chosen: ChosenDevice | Refused,
  { name, read, predicted }: ModelAsked,
): Promise<readonly (DevicePrediction | Refused)[]> {
  if (chosen instanceof Refused) return [new Refused({ ...chosen.place, model: name }, chosen.error)];
  const { device, engine } = chosen;
  const place = { device: nameOf(device), engine };
  const models = await read(ENGINES[engine].storage).catch((error: unknown) =>
    refusedBy({ ...place, model: name }, error),
  );
  if (models instanceof Refused) return [models];
  return models.map((model) => refusedIf({ ...place, model: model.name }, () => predicted(model, chosen)));
}

interface ModelAsked {
  readonly name: string;
  readonly read: ReadModels;
  predicted(model: NamedModel, chosen: ChosenDevice): DevicePrediction;
}

async function ofModels(asking: Asking): Promise<readonly Row[]> {
  const { models } = asking.question;
  if (models.length === 0) {
    throw new UserError('--model: expected a model, found none; name a published one (qwen3-4b), or a GGUF file');
  }
  const requestsOf = await wantedRequests(asking.question, asking);
  const predicted = (model: NamedModel, { device, engine }: ChosenDevice) => {
    const workload: Workload = {
      requests: requestsOf(model),
      measured: 0,
      quality: missing('no run tells the quality of the answers'),
      share: null,
    };
    return predictOn(model, { device, engine, workload, asking });
  };
  const rows: Row[] = [];
  for (const { name, read } of await allFound(models, asking)) {
    for (const chosen of asking.chosen) {
      const found = await rowsOn(chosen, { name, read, predicted });
      rows.push(...found.map((one) => ({ found: one, isAsked: true })));
    }
  }
  return rows;
}

/** Names are looked up before anything is read. @throws UserError for a name under which there is no model. */
function allFound(names: readonly string[], asking: Asking) {
  return Promise.all(names.map(async (name) => ({ name, read: await findModels(name, asking) })));
}

/** Each model of the run on the machine that measured it, and on the devices that are named. */
async function ofRun(
  asking: Asking,
  run: string,
  { models: recorded, mixture }: MeasuredWorkload,
): Promise<readonly Row[]> {
  const { suite, devices } = asking.question;
  if (suite !== undefined) {
    throw new UserError(
      `--suite ${suite}: expected none beside a run, whose requests tell the lengths; leave out one of them`,
    );
  }
  const rows: Row[] = [];
  for (const { measured, weights } of modelsChosen(asking.question, recorded)) {
    const { model } = measured;
    const workload = () => workloadOf(run, { measured, mixture }, asking);
    const here = { model: model.id, device: 'this machine', engine: measured.facts?.engine ?? 'unknown' };
    rows.push({
      found: refusedIf(here, () => measuredHere(measured, workload(), asking)),
      isAsked: devices.length === 0,
    });
    const named = (await allFound(weights, asking)).map(
      ({ name, read }): ModelAsked => ({
        name: `${model.id}=${name}`,
        read,
        predicted: (found, { device, engine }) => {
          const other = { ...found, name: `${model.id}=${found.name}` };
          // The run measured the memory of what it had, whatever that was.
          const ofOther = { ...workload(), peak: undefined };
          return {
            ...predictOn(other, { device, engine, asking, entry: model, workload: ofOther }),
            inPlaceOf: model.id,
          };
        },
      }),
    );
    const own: ModelAsked = {
      name: model.id,
      read: (usual) => modelsOfRun(measured, usual, asking),
      predicted: (found, { device, engine }) =>
        predictOn(found, { device, engine, asking, entry: model, workload: workload() }),
    };
    for (const chosen of asking.chosen) {
      for (const one of named.length > 0 ? named : [own]) {
        rows.push(...(await rowsOn(chosen, one)).map((found) => ({ found, isAsked: true })));
      }
    }
  }
  return rows;
}

/** @throws UserError for a model of whose answers no tokens were counted. */
function workloadOf(
  run: string,
  { measured, mixture }: { readonly measured: MeasuredModel; readonly mixture: MeasuredWorkload['mixture'] },
  { question: { prompt, output }, seed }: Asking,
): Workload {
  const requests = withWanted({ lengths: measured.lengths }, { prompt, output }, seed);
  if (requests.lengths.length === 0) {
    throw new UserError(
      `${run}: expected answers of ${measured.model.id} whose tokens were counted, found none; give --prompt and --output with a published model`,
    );
  }
  return {
    requests,
    measured: prompt === undefined || output === undefined ? requests.lengths.length : 0,
    quality: measured.quality,
    share: isMissing(mixture) ? null : (mixture.find(({ model }) => model === measured.model.id)?.share ?? null),
    // Other lengths than those of the run need another context.
    longest:
      isMissing(measured.longest) || prompt !== undefined || output !== undefined ? undefined : measured.longest.value,
    peak: isMissing(measured.peak) ? undefined : measured.peak.value,
  };
}

interface ModelChosen {
  readonly measured: MeasuredModel;
  /** The names of the weights that the user puts in the place of what the log tells. */
  readonly weights: readonly string[];
}

/**
 * The models of the run that `--model` names, all of them if it names none. `ID=WEIGHTS` also says which weights a model of the run has: of one
 * behind a server, the log does not know.
 *
 * @throws UserError for a model that the run does not have, and for weights without a device to put them on.
 */
function modelsChosen(
  { models, devices }: CapacityQuestion,
  recorded: readonly MeasuredModel[],
): readonly ModelChosen[] {
  const named = models.map((text) => {
    const isWhole = recorded.some(({ model }) => model.id === text);
    const [id = text, weights] = isWhole ? [text] : (/^([^=]*)=(.+)$/.exec(text)?.slice(1) ?? [text]);
    if (!recorded.some(({ model }) => model.id === id)) {
      throw new UserError(
        `--model ${id}: expected a model of the run, found none of that name; it has ${recorded.map(({ model }) => model.id).join(', ')}`,
      );
    }
    if (weights !== undefined && devices.length === 0) {
      throw new UserError(
        `--model ${text}: expected a --device for these weights, found none; the machine of the run has its own figures`,
      );
    }
    return { id, weights };
  });
  return recorded.flatMap((measured) => {
    const own = named.filter(({ id }) => id === measured.model.id);
    if (models.length > 0 && own.length === 0) return [];
    return [{ measured, weights: own.flatMap(({ weights }) => weights ?? []) }];
  });
}

/** What the engine read when the run opened the model; for a log that does not have it, what its entry leads to now. */
async function modelsOfRun(
  measured: MeasuredModel,
  usual: StorageName,
  { environment, shapesFrom }: Asking,
): Promise<readonly PricedModel[]> {
  const { model, facts } = measured;
  const recorded = recordedShape(facts, model, usual);
  if (!isMissing(recorded)) return [{ source: 'the log of the run', ...recorded, name: model.id }];
  const remedy = `say which weights it has, as in --model ${model.id}=qwen3-4b:q8_0 (a published model, a file or a hub reference)`;
  if (shapesFrom === 'log') throw new UserError(`--model ${model.id}: ${recorded.missing}; ${remedy}`);
  return modelsOfEntry(measured, { usual, environment, remedy });
}
