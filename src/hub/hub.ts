/**
 * Finds the files of a model or a data set. A source is a path, or a hub reference. The files of a hub reference are
 * downloaded once, into the cache that all Hugging Face programs share. See docs/hub.md.
 *
 *     resolveSource('weights/slm.gguf', { directory, environment })
 *     resolveSource('hf:Qwen/Qwen3-0.6B-GGUF:Q8_0', { directory, environment, onProgress })
 *     resolveSource('hf:org/model-onnx', { directory, environment, include: (files) => files.filter(isNeeded) })
 */

import { dirname, join } from 'node:path';
import { UserError } from '../core/errors.js';
import { formatBytes } from '../core/report/format.js';
import { freeDisk } from '../system/disk.js';
import {
  type CachedRepository,
  cachedRepository,
  cacheFolder,
  type EnvironmentVariables,
  hasSize,
  isCommit,
} from './cache.js';
import { choose, type Include } from './choice.js';
import type { Hub, HubFile, HubPace } from './client.js';
import { bytesLeftOver, download } from './download.js';
import { localFiles, readableBytes } from './local.js';
import { type HubReference, isHubReference, parseHubReference } from './reference.js';
import { Transient } from './retry.js';
import type { Resolved, SourceOptions, SourceStatus } from './source.js';

export { ggufFiles, type Include, shardsOf } from './choice.js';
export { isHubReference } from './reference.js';

const PACE: HubPace = { attempts: 5, delay: 1, patience: 300, stall: 30 };

/** @throws UserError when the files are not there, cannot be read, or cannot be fetched. */
export async function resolveSource(source: string, options: SourceOptions): Promise<Resolved> {
  if (!isHubReference(source)) return localFiles(source, options);
  const { reference, cache, signal } = hubSource(source, options);
  return withHubErrors(reference, signal, options, async () => {
    const plan = await planOf(reference, cache, options, signal);
    if (plan.state === 'cached') return plan.resolved;
    try {
      return await fetchAll(plan, reference, cache, options, signal);
    } finally {
      await plan.hub.close();
    }
  });
}

/** A status query should not make the user wait, so it tries the hub once. */
const STATUS_PACE: HubPace = { ...PACE, attempts: 1, stall: 10 };

/** Tells whether a source is here and how many bytes are missing. It downloads only the list of files, and never throws. */
export async function describeSource(source: string, callerOptions: SourceOptions): Promise<SourceStatus> {
  const options = { pace: STATUS_PACE, ...callerOptions };
  try {
    if (!isHubReference(source)) return { ready: true, resolved: await localFiles(source, options) };
    const { reference, cache, signal } = hubSource(source, options);
    return await withHubErrors(reference, signal, options, async (): Promise<SourceStatus> => {
      const plan = await planOf(reference, cache, options, signal);
      if (plan.state === 'cached') return { ready: true, resolved: plan.resolved };
      try {
        const bytes = await bytesMissing(plan, cache);
        if (bytes > 0) return { ready: 'after-download', bytes };
        return { ready: true, resolved: await fetchAll(plan, reference, cache, options, signal) };
      } finally {
        await plan.hub.close();
      }
    });
  } catch (error) {
    return { ready: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

function hubSource(source: string, options: SourceOptions) {
  const reference = parseHubReference(source, options.kind ?? 'model');
  const cache = cachedRepository(reference, options.environment);
  return { reference, cache, signal: options.signal ?? new AbortController().signal };
}

/** Either every file is in the cache, or the plan lists the files to fetch from the hub. */
type Plan = { readonly state: 'cached'; readonly resolved: Resolved } | FetchPlan;

interface FetchPlan {
  readonly state: 'fetch';
  readonly hub: Hub;
  readonly commit: string;
  readonly chosen: readonly HubFile[];
  /** The file or folder that the source means, relative to the snapshot. */
  readonly root: string;
}

async function planOf(
  reference: HubReference,
  cache: CachedRepository,
  options: SourceOptions,
  signal: AbortSignal,
): Promise<Plan> {
  const cached = await cachedFiles(reference, cache, options.include);
  // A file at a commit never changes. A cached folder may lack files that were not needed when it was fetched.
  if (cached !== null && isCommit(reference.revision) && cached.files[0] === cached.path) {
    return { state: 'cached', resolved: cached };
  }
  if (isOffline(options.environment)) {
    if (cached !== null) return { state: 'cached', resolved: cached };
    throw new UserError(
      `${reference.text}: not in the cache ${cacheFolder(options.environment)}, and HF_HUB_OFFLINE forbids the download; ` +
        'unset it once, or copy the files there',
    );
  }
  const pace = options.pace ?? PACE;
  // The client is loaded only when a download is needed: this is rare, and loading takes a tenth of a second.
  const { connectToHub } = await import('./client.js');
  const hub = connectToHub(reference, options.environment, { ...pace, attempts: cached ? 1 : pace.attempts }, signal);
  try {
    const commit = await hub.commit();
    const folder = reference.select.by === 'path' ? dirname(reference.select.path) : '.';
    const files = await hub.list(commit, folder === '.' ? null : folder);
    const names = files.map((file) => file.name);
    const { root, chosen } = choose(reference, names, options.include);
    const byName = new Map(files.map((file) => [file.name, file]));
    return { state: 'fetch', hub, commit, root, chosen: chosen.map((name) => byName.get(name)!) };
  } catch (error) {
    await hub.close();
    // Without a network the files of an earlier run are used, where they are complete.
    if (error instanceof Transient && cached !== null) return { state: 'cached', resolved: cached };
    throw error;
  }
}

async function cachedFiles(
  reference: HubReference,
  cache: CachedRepository,
  include: Include | undefined,
): Promise<Resolved | null> {
  const commit = await cache.commit();
  if (commit === null) return null;
  try {
    const { root, chosen } = choose(reference, await cache.files(commit), include);
    return await resolved(cache.snapshot(commit), root, chosen, commit);
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

async function fetchAll(
  plan: FetchPlan,
  reference: HubReference,
  cache: CachedRepository,
  options: SourceOptions,
  signal: AbortSignal,
): Promise<Resolved> {
  const { hub, commit, chosen, root } = plan;
  await requireSpace(await bytesMissing(plan, cache), reference, options.environment);
  const report = progressOf(reference.text, chosen, options.onProgress);
  for (const file of chosen) {
    const target = cache.blob(file.hash);
    if (!(await hasSize(target, file.size))) {
      const goal = { file, target, lock: cache.lock(file.hash), place: `${reference.text}: ${file.name}` };
      const read = (offset: number) => hub.read(commit, file, offset, signal);
      await download({ ...goal, read, onBytes: (done) => report(file, done) }, options.pace ?? PACE, signal);
    }
    report(file, file.size);
    await cache.place(commit, file.name, file.hash);
  }
  await cache.remember(commit);
  return resolved(
    cache.snapshot(commit),
    root,
    chosen.map((file) => file.name),
    commit,
  );
}

async function resolved(snapshot: string, root: string, chosen: readonly string[], commit: string): Promise<Resolved> {
  const files = chosen.map((name) => join(snapshot, name));
  return { path: join(snapshot, root), files, bytes: await readableBytes(files, root), commit };
}

async function bytesMissing(plan: FetchPlan, cache: CachedRepository): Promise<number> {
  let bytes = 0;
  for (const file of plan.chosen) {
    const target = cache.blob(file.hash);
    if (!(await hasSize(target, file.size))) bytes += Math.max(0, file.size - (await bytesLeftOver(target)));
  }
  return bytes;
}

async function requireSpace(bytes: number, reference: HubReference, environment: EnvironmentVariables): Promise<void> {
  const folder = cacheFolder(environment);
  const free = await freeDisk(folder);
  if (free === null || bytes <= free) return;
  throw new UserError(
    `${reference.text}: needs ${formatBytes(bytes)}, and ${formatBytes(free)} are free in ${folder}; make room, or set HF_HUB_CACHE`,
  );
}

function isOffline(environment: EnvironmentVariables): boolean {
  return /^(1|on|yes|true)$/i.test(environment.HF_HUB_OFFLINE || environment.TRANSFORMERS_OFFLINE || '');
}

/** Adds up the progress of all files, and reports it about ten times a second. */
function progressOf(what: string, files: readonly HubFile[], onProgress: SourceOptions['onProgress']) {
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const doneOf = new Map<HubFile, number>();
  let last = Number.NEGATIVE_INFINITY;
  return (file: HubFile, done: number): void => {
    doneOf.set(file, done);
    const sum = [...doneOf.values()].reduce((a, b) => a + b, 0);
    if (sum < total && performance.now() - last < 100) return;
    last = performance.now();
    onProgress?.({ what, done: sum, total });
  };
}

/** Turns an error of the network or the disk into a sentence that tells the user what to do. */
async function withHubErrors<T>(
  reference: HubReference,
  signal: AbortSignal,
  options: SourceOptions,
  body: () => Promise<T>,
): Promise<T> {
  try {
    return await body();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Transient) {
      throw new UserError(`${error.message}; check the network and HF_ENDPOINT, or try again later`, { cause: error });
    }
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) throw error;
    throw new UserError(
      `${reference.text}: the cache ${cacheFolder(options.environment)} cannot be used (${syscall}: ${code}); ` +
        'set HF_HUB_CACHE to a folder that can be written',
      { cause: error },
    );
  }
}
