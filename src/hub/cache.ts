/**
 * The Hugging Face cache, as huggingface_hub lays it out and shares it between all programs of a user:
 *
 *     ~/.cache/huggingface/hub/models--org--repo/
 *       refs/main                        the commit that the branch stood at
 *       blobs/<etag>                     contents, named by SHA-256 (large files) or git's SHA-1 (small ones)
 *       snapshots/<commit>/config.json   -> ../../blobs/<etag>
 */
import { copyFile, link, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import type { HubReference } from './reference.js';

export type EnvironmentVariables = Readonly<Record<string, string | undefined>>;

export interface CachedRepository {
  readonly folder: string;
  /** Where the content of that hash is, or will be. */
  blob(hash: string): string;
  /** The lock file of whoever fetches that content. */
  lock(hash: string): string;
  snapshot(commit: string): string;
  /** The commit of the reference's revision, as last seen; null when this cache has never seen it. */
  commit(): Promise<string | null>;
  /** Names of the files in a snapshot, relative to it; those whose content is gone are left out. */
  files(commit: string): Promise<string[]>;
  /** Makes the content appear under its name in a snapshot. */
  place(commit: string, file: string, hash: string): Promise<void>;
  /** Remembers what the reference's revision stands for. */
  remember(commit: string): Promise<void>;
}

export function cacheFolder(environment: EnvironmentVariables): string {
  const home = environment.HF_HOME || join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'huggingface');
  return environment.HF_HUB_CACHE || environment.HUGGINGFACE_HUB_CACHE || join(home, 'hub');
}

export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}

export function cachedRepository(reference: HubReference, environment: EnvironmentVariables): CachedRepository {
  const name = [`${reference.kind}s`, ...reference.repository.split('/')].join('--');
  const folder = join(cacheFolder(environment), name);
  const refFile = join(folder, 'refs', reference.revision);
  const blob = (hash: string) => join(folder, 'blobs', hash);
  const snapshot = (commit: string) => join(folder, 'snapshots', commit);
  return {
    folder,
    blob,
    lock: (hash) => join(cacheFolder(environment), '.locks', name, `${hash}.rightsize.lock`),
    snapshot,
    async commit() {
      if (isCommit(reference.revision)) return reference.revision;
      const text = await readFile(refFile, 'utf8').catch(() => '');
      return isCommit(text.trim()) ? text.trim() : null;
    },
    async files(commit) {
      return filesBelow(snapshot(commit));
    },
    async place(commit, file, hash) {
      const pointer = join(snapshot(commit), file);
      if (await hasSize(pointer, (await stat(blob(hash))).size)) return;
      await mkdir(dirname(pointer), { recursive: true });
      // A link whose content is gone or cut short would stand in the way.
      await rm(pointer, { force: true });
      await linkTo(blob(hash), pointer);
    },
    async remember(commit) {
      if (isCommit(reference.revision)) return;
      await mkdir(dirname(refFile), { recursive: true });
      const fresh = `${refFile}.${process.pid}`;
      await writeFile(fresh, commit);
      await rename(fresh, refFile);
    },
  };
}

/** Regular files under a folder, at any depth, links followed; sorted. An absent folder has none. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const names: string[] = [];
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isDirectory() && (await isFile(path))) names.push(relative(folder, path).replaceAll('\\', '/'));
  }
  return names.sort();
}

export async function hasSize(path: string, size: number): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile() && found.size === size,
    () => false,
  );
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** Windows allows symbolic links to few users: there a hard link, or a copy, stands in. */
async function linkTo(blob: string, pointer: string): Promise<void> {
  const attempts = [
    () => symlink(relative(dirname(pointer), blob), pointer),
    () => link(blob, pointer),
    () => copyFile(blob, pointer),
  ];
  for (const attempt of attempts) {
    try {
      return await attempt();
    } catch (error) {
      // Another process placed it meanwhile.
      if ((error as NodeJS.ErrnoException).code === 'EEXIST' && (await isFile(pointer))) return;
      if (attempt === attempts.at(-1)) throw error;
    }
  }
}
