/**
 * A hub reference names files in a repository of the Hugging Face hub:
 *
 *     hf:org/repo                       the repository; the caller chooses the files
 *     hf:org/repo:Q4_K_M                the GGUF with that quantisation, with all its shards
 *     hf:org/repo/path/file.gguf        one file (with its sibling shards), or a folder
 *     hf:org/repo@v1.0/file.gguf        at a branch, tag or commit; the default is `main`
 */
import { UserError } from '../errors.js';

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

const SYNTAX = /^hf:([\w-][\w.-]*\/[\w-][\w.-]*)(?:@([^/:@]+))?(?:\/(.+?)\/?|:([\w.-]+)(?:@([^/:@]+))?)?$/;

export function isHubReference(source: string): boolean {
  return source.startsWith('hf:');
}

/** @throws UserError when the text is not a hub reference. */
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

/** A branch name may hold slashes. A reference writes them as %2F, as the paths of huggingface_hub do. */
function decode(revision: string): string {
  try {
    return decodeURIComponent(revision);
  } catch {
    return revision;
  }
}

/**
 * Whether a name from a server (or a user) stays inside the folder that it is joined to, on any operating system. The parts
 * `..`, absolute paths, drive paths and UNC paths leave the folder.
 */
export function isSafePath(path: string): boolean {
  return path
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..' && !/[\\\0]/.test(part) && !/^[a-z]:/i.test(part));
}
