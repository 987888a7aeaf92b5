/**
 * The Hugging Face cache, in the layout of huggingface_hub. All programs of a user share it:
 *
 *     ~/.cache/huggingface/hub/models--org--repo/
 *       refs/main                        the commit of the branch when it was last seen
 *       blobs/<etag>                     contents, named by SHA-256 (large files) or git's SHA-1 (small ones)
 *       snapshots/<commit>/config.json   -> ../../blobs/<etag>
 */
import { copyFile, link, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import type { HubReference } from '../core/definition/hub-reference.js';

export type EnvironmentVariables = Readonly<Record<string, string | undefined>>;

export interface CachedRepository {
  readonly folder: string;
  /** The path of the content with this hash, whether it is there yet or not. */
  blob(hash: string): string;
  /** The lock file that a process holds while it downloads this content. */
  lock(hash: string): string;
  snapshot(commit: string): string;
  /** The commit that the reference's revision pointed to when it was last seen; null when this cache has never seen it. */
  commit(): Promise<string | null>;
  /** Names of the files in a snapshot, relative to it. Files whose content is gone are left out. */
  files(commit: string): Promise<string[]>;
  /** Links the content to its name in a snapshot. */
  place(commit: string, file: string, hash: string): Promise<void>;
  /** Stores the commit that the reference's revision points to. */
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
      // Remove a link whose content is gone or truncated: it would block the new link.
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

/** The sorted names of all regular files under a folder, at any depth. Links are followed. An absent folder has no files. */
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

/** Windows allows symbolic links to few users only. There a hard link or a copy replaces the symbolic link. */
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
      // Another process has placed the file in the meantime.
      if ((error as NodeJS.ErrnoException).code === 'EEXIST' && (await isFile(pointer))) return;
      if (attempt === attempts.at(-1)) throw error;
    }
  }
}
