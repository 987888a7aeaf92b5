/**
 * What can be listed: the table is the type. Each listing loads its rows' sources when it is asked for them, so that help can name
 * all listings without them.
 */
import { resolve } from 'node:path';
import type { LoadedSuite } from '../files/definitions.js';
import type { World } from './world.js';

export interface ListOptions extends Partial<Pick<World, 'cwd'>> {
  /** A models.json in place of `./models.json`. */
  readonly catalogue?: string | undefined;
  /** A file with devices of your own. */
  readonly prices?: string | undefined;
  /** Of models: those that `capacity` knows by name, instead of those that can be measured. */
  readonly published?: boolean | undefined;
}

/** Every row of a listing has the same fields. */
export type Row = Readonly<Record<string, string | number | null>>;

type Listing = (world: World, options: ListOptions) => Promise<readonly Row[]>;

const LISTINGS = {
  models: async (world, { catalogue, published }) => {
    if (published) return publishedModels();
    const { loadAllModels } = await import('../files/definitions.js');
    const { catalogueFile } = await import('./definitions.js');
    const { classOf } = await import('../core/definition/model.js');
    return (await loadAllModels(catalogueFile(catalogue, world))).map(({ model }) => ({
      id: model.id,
      class: classOf(model),
      parameters: model.parameters ?? null,
      backend: model.backend,
      source: model.source,
      licence: model.licence ?? null,
    }));
  },
  suites: async ({ cwd }) => {
    const { listSuites, loadSuites } = await import('../files/definitions.js');
    const { displayPath } = await import('../system/path.js');
    return Promise.all(
      (await listSuites(cwd)).map(async ({ name, file }) => {
        const suites = await loadSuites(file);
        const [first] = suites;
        const tasks = suites.reduce((sum, { suite }) => sum + suite.tasks.length, 0);
        const title = suites.length === 1 ? first!.suite.title : suites.map(({ suite }) => suite.name).join(', ');
        return { name, title: title ?? null, tasks, file: displayPath(file, cwd) };
      }),
    );
  },
  tasks: async ({ cwd }) =>
    (await allSuites(cwd)).flatMap(({ suite }) =>
      suite.tasks.map((task) => ({
        suite: suite.name,
        task: task.name,
        asks: task.ask,
        scorer: typeof task.scorer === 'string' ? task.scorer : task.scorer.name,
        description: task.description ?? null,
      })),
    ),
  devices: async ({ cwd }, { prices }) => {
    const { allDevices } = await import('../core/capacity/devices.js');
    const { nameOf } = await import('../core/capacity/device.js');
    const { loadPrices } = await import('../files/price-list.js');
    const own = await loadPrices(prices === undefined ? undefined : resolve(cwd, prices));
    return allDevices(own?.devices ?? []).map((device) => ({
      id: nameOf(device),
      name: device.name,
      kind: device.kind ?? null,
      memoryGB: Number((device.memory / 1e9).toFixed(1)),
      usable: device.usable,
      bandwidthGBs: device.bandwidth / 1e9,
      f16TFLOPS: device.compute ? Number((device.compute.f16 / 1e12).toFixed(2)) : null,
      watts: device.watts ?? null,
      dollars: device.price?.dollars ?? null,
      per: device.price?.per ?? null,
      priceDate: device.price?.date ?? null,
      source: device.source ?? null,
    }));
  },
  scorers: async () => {
    const { SCORERS } = await import('../core/score/table.js');
    return Object.entries(SCORERS).map(([name, { summary, reference }]) => ({ name, summary, reference }));
  },
  backends: async () => {
    const { BACKENDS } = await import('../backends/table.js');
    return Promise.all(
      Object.entries(BACKENDS).map(async ([name, backend]) => ({ name, summary: (await backend.load()).summary })),
    );
  },
  metrics: async () => {
    const { METRICS } = await import('../core/measure/metrics.js');
    return Object.entries(METRICS).map(([name, { title, unit, better, read }]) => ({
      name,
      title,
      unit,
      better,
      read,
    }));
  },
} as const satisfies Record<string, Listing>;

export type ListingName = keyof typeof LISTINGS;

export const LISTING_NAMES = Object.keys(LISTINGS) as readonly ListingName[];

export async function list(name: ListingName, options: ListOptions = {}): Promise<readonly Row[]> {
  const { worldOf } = await import('./world.js');
  return LISTINGS[name](worldOf(options), options);
}

async function publishedModels(): Promise<readonly Row[]> {
  const { PUBLISHED_MODELS } = await import('../core/capacity/catalogue/models.js');
  const { shapeOfConfig } = await import('../core/capacity/config/config.js');
  const { storageOf } = await import('../core/capacity/storage.js');
  return PUBLISHED_MODELS.map(({ id, hub, parameters, active, licence, storage = 'bf16', verified, config }) => ({
    id,
    hub,
    parameters,
    active: active ?? parameters,
    context: shapeOfConfig(config, storageOf(storage), id).maxContext,
    stored: storage,
    licence,
    source: verified?.source ?? 'not verified',
    verified: verified?.date ?? null,
  }));
}

/** Every suite that can be named, each once though groups name it again. */
async function allSuites(cwd: string): Promise<readonly LoadedSuite[]> {
  const { listSuites, loadSuites } = await import('../files/definitions.js');
  const suites = (await Promise.all((await listSuites(cwd)).map(({ file }) => loadSuites(file)))).flat();
  return [...new Map(suites.map((loaded) => [loaded.file, loaded])).values()];
}
