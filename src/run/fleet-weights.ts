/**
 * Where a machine of a fleet has the weights of a model from: its own path, a hub, a folder that it named (`root:weights/tiny.gguf`), or,
 * when they are small, the queue. What comes through the queue is kept under its hash, and hashed again whenever it is opened.
 */
import { mkdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import type { Model } from '../core/definition/model.js';
import { UserError } from '../core/errors.js';
import type { LoadedModel } from '../files/definitions.js';
import { LARGEST_OFFER, type OfferedWeights } from '../fleet/messages.js';
import type { Connection } from '../fleet/redis.js';
import { fetchFile } from '../fleet/weights.js';
import { filesBelow } from '../hub/cache.js';
import { sha256, sha256OfFile } from '../system/hash.js';
import { uniqueId } from '../system/id.js';
import type { World } from './world.js';

/** Bytes that a run offers at most, of all models. */
const LARGEST_RUN = 4 * LARGEST_OFFER;

/** Folders of this machine, by the names that entries may use. */
export type Roots = Readonly<Record<string, string>>;

const ROOT = /^root:([A-Za-z0-9_-]+)\/(.+)$/;

export interface Offer {
  /** For each model that is offered, its files. */
  readonly weights: Readonly<Record<string, OfferedWeights>>;
  /** The path of each file here, by its hash. */
  readonly paths: ReadonlyMap<string, string>;
}

/** The files of small local weights. A model with adapters, or with files that cannot be read, is not offered. */
export async function offerOf(models: readonly LoadedModel[]): Promise<Offer> {
  const weights: Record<string, OfferedWeights> = {};
  const paths = new Map<string, string>();
  let room = LARGEST_RUN;
  for (const { model, directory } of models) {
    if (!isLocal(model)) continue;
    const found = await filesOf(resolve(directory, model.source)).catch(() => null);
    if (found === null || found.files.length === 0) continue;
    const sizes = await Promise.all(found.files.map(async ({ path }) => (await stat(path)).size));
    if (sizes.reduce((sum, size) => sum + size, 0) > LARGEST_OFFER) continue;
    const hashes = await Promise.all(found.files.map(({ path }) => sha256OfFile(path)));
    const bytes = hashes.reduce((sum, hash, i) => sum + (paths.has(hash) ? 0 : sizes[i]!), 0);
    if (bytes > room) continue;
    room -= bytes;
    for (const [i, { path }] of found.files.entries()) paths.set(hashes[i]!, path);
    weights[model.id] = {
      kind: found.kind,
      files: found.files.map(({ name }, i) => ({ name, hash: hashes[i]!, bytes: sizes[i]! })),
    };
  }
  return { weights, paths };
}

/** Whether its weights are files of the machine that made the plan. */
function isLocal(model: Model): boolean {
  if (model.backend === 'openai' || model.backend === 'scripted') return false;
  return !/^(hf|root):/.test(model.source) && !('lora' in model && model.lora.length > 0);
}

interface Files {
  readonly kind: OfferedWeights['kind'];
  readonly files: readonly { readonly name: string; readonly path: string }[];
}

async function filesOf(path: string): Promise<Files> {
  const found = await stat(path);
  if (found.isFile()) return { kind: 'file', files: [{ name: basename(path), path }] };
  const names = await filesBelow(path);
  return { kind: 'folder', files: names.map((name) => ({ name, path: join(path, name) })) };
}

/** Whether the files below a path are those of the run, or which is not. */
export async function differenceFrom({ kind, files }: OfferedWeights, source: string): Promise<string | null> {
  for (const { name, hash } of files) {
    const path = kind === 'file' ? source : join(source, name);
    const own = await sha256OfFile(path).catch(() => null);
    if (own === null) return `${name} is not there`;
    if (own !== hash) return `${name} has the hash ${own.slice(0, 12)}…, and the run has ${hash.slice(0, 12)}…`;
  }
  return null;
}

/** @returns Where the weights are now. @throws Refused, or UserError where they cannot be written. */
export async function takeWeights(
  weights: OfferedWeights,
  { connection, environment }: { readonly connection: Connection } & Pick<World, 'environment'>,
): Promise<string> {
  const { kind, files } = weights;
  const cache = join(environment.XDG_CACHE_HOME || join(environment.HOME || homedir(), '.cache'), 'rightsize', 'fleet');
  const folder = join(cache, sha256(JSON.stringify(files)));
  const source = kind === 'file' ? join(folder, files[0]!.name) : folder;
  if ((await differenceFrom(weights, source)) === null) return source;
  const making = `${folder}.${uniqueId()}`;
  try {
    for (const file of files) {
      const content = await fetchFile(connection, file);
      const path = join(making, file.name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
    }
    await rm(folder, { recursive: true, force: true });
    await rename(making, folder);
  } catch (cause) {
    await rm(making, { recursive: true, force: true });
    const { code } = cause as NodeJS.ErrnoException;
    if (code === undefined) throw cause;
    throw new UserError(
      `${cache}: the weights cannot be kept there (${code}); name another folder with XDG_CACHE_HOME`,
      {
        cause,
      },
    );
  }
  return source;
}

/** @returns The path below the root, or null where the source names none. @throws UserError where it is none of this machine. */
export async function belowRoot(source: string, roots: Roots): Promise<string | null> {
  const [, name, path] = ROOT.exec(source) ?? [];
  if (name === undefined) return null;
  const root = Object.hasOwn(roots, name) ? roots[name] : undefined;
  if (root === undefined)
    throw new UserError(`it has no root "${name}"; join with --root ${name}=FOLDER, where its weights are`);
  const [top, found] = await Promise.all([root, resolve(root, path!)].map((one) => realpath(one).catch(() => null)));
  if (top === null) throw new UserError(`its root "${name}" (${root}) is not there`);
  if (found === null) throw new UserError(`its root "${name}" has no ${path}`);
  const below = await filesOf(found!);
  // A link may lead out of the root, also from inside of the folder.
  const real = await Promise.all([found!, ...below.files.map((file) => realpath(file.path))]);
  if (real.some((one) => isOutside(top!, one)))
    throw new UserError(`${source} leads out of the root "${name}", which is never followed`);
  return found!;
}

function isOutside(top: string, path: string): boolean {
  const way = relative(top, path);
  return way === '..' || way.startsWith(`..${sep}`) || resolve(top, way) !== path;
}
