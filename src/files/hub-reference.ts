/**
 * A hub reference names files in a repository of the Hugging Face hub:
 *
 *     hf:org/repo                       the repository; the caller says which of its files it needs
 *     hf:org/repo:Q4_K_M                the GGUF of that quantisation, all its shards
 *     hf:org/repo/path/file.gguf        one file (with its sibling shards), or a folder
 *     hf:org/repo@v1.0/file.gguf        at a branch, tag or commit; `main` when nothing is said
 */
import { UserError } from '../core/errors.js';

export interface HubReference {
  readonly text: string;
  readonly kind: RepositoryKind;
  /** `org/name` */
  readonly repository: string;
  readonly revision: string;
  readonly select: Selection;
}

export type RepositoryKind = 'model' | 'dataset';

export type Selection =
  | { readonly by: 'caller' }
  | { readonly by: 'quantisation'; readonly tag: string }
  | { readonly by: 'path'; readonly path: string };

/** Chooses, from the names of the files there are, the ones that are needed. */
export type Include = (files: readonly string[]) => readonly string[];

const SYNTAX = /^hf:([\w-][\w.-]*\/[\w-][\w.-]*)(?:@([^/:@]+))?(?:\/(.+?)\/?|:([\w.-]+)(?:@([^/:@]+))?)?$/;

export function isHubReference(source: string): boolean {
  return source.startsWith('hf:');
}

/** @throws UserError when the text is no hub reference. */
export function parseHubReference(text: string, kind: RepositoryKind): HubReference {
  const [matched, repository, before, path, tag, after] = SYNTAX.exec(text) ?? [];
  const revision = decode(before ?? after ?? 'main');
  if (matched === undefined || (before !== undefined && after !== undefined) || !isSafePath(revision)) {
    throw new UserError(
      `${text}: expected a hub reference such as hf:org/repo, hf:org/repo:Q4_K_M or hf:org/repo@revision/file.gguf`,
    );
  }
  if (path !== undefined && !isSafePath(path)) {
    throw new UserError(`${text}: expected a plain path inside the repository, found "${path}"`);
  }
  const select: Selection =
    path !== undefined ? { by: 'path', path } : tag !== undefined ? { by: 'quantisation', tag } : { by: 'caller' };
  return { text, kind, repository: repository!, revision, select };
}

/** Branches may hold slashes; a reference writes them as %2F, as huggingface_hub's own paths do. */
function decode(revision: string): string {
  try {
    return decodeURIComponent(revision);
  } catch {
    return revision;
  }
}

/**
 * Whether a name from a server (or a user) stays inside the folder it is joined to, on any operating system: `..`,
 * absolute, drive and UNC paths do not.
 */
export function isSafePath(path: string): boolean {
  return path
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..' && !/[\\\0]/.test(part) && !/^[a-z]:/i.test(part));
}

/**
 * The files of one GGUF model among those of a repository, first shard first.
 *
 * @param tag the quantisation, in any case; without it Q4_K_M, or the only model there is (as llama.cpp's `-hf`).
 * @throws UserError when none or several fit, naming what there is.
 */
export function ggufFiles(files: readonly string[], tag: string | undefined, place: string): string[] {
  const models = ggufModels(files);
  if (models.length === 0) throw new UserError(`${place}: expected a .gguf file in the repository, found none`);
  const fitting = models.filter((model) => hasTag(model[0]!, tag ?? 'Q4_K_M'));
  // "UD-Q4_K_M" is a recipe of its own beside the plain type, which is what the plain tag means.
  const plain = fitting.filter((model) => !/UD-/i.test(model[0]!));
  const found = plain.length > 0 ? plain : fitting.length === 0 && tag === undefined ? models : fitting;
  if (found.length === 1) return complete(found[0]!, place);
  const names = (found.length === 0 ? models : found).map((model) => model[0]).slice(0, 12);
  const rule = tag === undefined ? 'expected one GGUF model' : `expected one GGUF file of quantisation ${tag}`;
  throw new UserError(
    `${place}: ${rule}, found ${found.length} of ${models.length}; name one of them: ${names.join(', ')}`,
  );
}

const SHARD = /-(\d{5})-of-(\d{5})\.gguf$/i;

/** The names of all shards of a model that is stored in several files, else the name alone. */
export function shardsOf(file: string): string[] {
  const [suffix, , total] = SHARD.exec(file) ?? [];
  if (suffix === undefined) return [file];
  const stem = file.slice(0, -suffix.length);
  return Array.from({ length: Number(total) }, (_, i) => `${stem}-${String(i + 1).padStart(5, '0')}-of-${total}.gguf`);
}

/** Projectors of vision models and importance matrices are GGUF files too, but no language models. */
function ggufModels(files: readonly string[]): string[][] {
  const models = new Map<string, string[]>();
  for (const file of [...files].sort()) {
    if (!/\.gguf$/i.test(file) || /mmproj|imatrix/i.test(file)) continue;
    const stem = file.replace(SHARD, '');
    models.set(stem, [...(models.get(stem) ?? []), file]);
  }
  return [...models.values()];
}

/** The tag stands in the name between separators, so that Q4_K is not found in Q4_K_M nor Q4_0 in IQ4_0. */
function hasTag(file: string, tag: string): boolean {
  const literal = tag.replace(/[.]/g, '\\.');
  return new RegExp(`(?:^|[-._/])${literal}(?:[-./]|$)`, 'i').test(file);
}

function complete(model: readonly string[], place: string): string[] {
  const shards = shardsOf(model[0]!);
  const absent = shards.filter((shard) => !model.includes(shard));
  if (absent.length === 0) return shards;
  throw new UserError(`${place}: expected all ${shards.length} shards of the model, missing ${absent.join(', ')}`);
}
