/**
 * Chooses the files of a repository or a folder that a reference means. The choice depends on the names alone, so it is the
 * same for the list of a hub and for the content of a cache.
 */

import type { HubReference } from '../core/definition/hub-reference.js';
import { UserError } from '../core/errors.js';

/** Chooses the files that are needed from the names of all files. */
export type Include = (files: readonly string[]) => readonly string[];

/** Returns the files that a reference means, and the file or folder that it names. */
export function choose(
  { select, text }: HubReference,
  files: readonly string[],
  include: Include | undefined,
): { root: string; chosen: readonly string[] } {
  switch (select.by) {
    case 'caller':
      return { root: '.', chosen: included(files, include, text) };
    case 'quantisation': {
      const chosen = ggufFiles(files, select.tag, text);
      return { root: chosen[0]!, chosen };
    }
    case 'path': {
      const { path } = select;
      if (files.includes(path)) {
        const chosen = existing(shardsOf(path), files, text);
        return { root: chosen[0]!, chosen };
      }
      const below = files.filter((file) => file.startsWith(`${path}/`)).map((file) => file.slice(path.length + 1));
      if (below.length > 0)
        return { root: path, chosen: included(below, include, text).map((file) => `${path}/${file}`) };
      const near = files.slice(0, 12).join(', ') || 'nothing';
      throw new UserError(
        `${text}: expected a file or folder of the repository, found no "${path}" beside ${near} ` +
          '(a revision goes after the repository: hf:org/repo@v1/file.gguf)',
      );
    }
  }
}

export function included(files: readonly string[], include: Include | undefined, place: string): readonly string[] {
  const chosen = existing(include === undefined ? files : include(files), files, place);
  if (chosen.length > 0) return chosen;
  throw new UserError(
    `${place}: expected files that this backend can run, found ${files.slice(0, 12).join(', ') || 'none'}`,
  );
}

function existing(chosen: readonly string[], files: readonly string[], place: string): readonly string[] {
  const absent = chosen.filter((file) => !files.includes(file));
  if (absent.length === 0) return chosen;
  throw new UserError(`${place}: needs ${absent.join(', ')}, which is not among its files`);
}

/**
 * Returns the files of one GGUF model of a repository. The first shard comes first.
 *
 * @param tag the quantisation, in upper or lower case. Without a tag it is Q4_K_M, or the only model in the repository (as
 *   llama.cpp's `-hf` does).
 * @throws UserError when no model or several models match; the error lists the models.
 */
export function ggufFiles(files: readonly string[], tag: string | undefined, place: string): string[] {
  const models = ggufModels(files);
  if (models.length === 0) throw new UserError(`${place}: expected a .gguf file in the repository, found none`);
  const fitting = models.filter((model) => hasTag(model[0]!, tag ?? 'Q4_K_M'));
  // "UD-Q4_K_M" is another recipe than Q4_K_M. A plain tag means the plain type.
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

/** Returns the names of all shards of a sharded model. For any other file it returns the file's name alone. */
export function shardsOf(file: string): string[] {
  const [suffix, , total] = SHARD.exec(file) ?? [];
  if (suffix === undefined) return [file];
  const stem = file.slice(0, -suffix.length);
  return Array.from({ length: Number(total) }, (_, i) => `${stem}-${String(i + 1).padStart(5, '0')}-of-${total}.gguf`);
}

/** Groups the GGUF files by model. Projectors of vision models and importance matrices are GGUF files but not language models. */
function ggufModels(files: readonly string[]): string[][] {
  const models = new Map<string, string[]>();
  for (const file of [...files].sort()) {
    if (!/\.gguf$/i.test(file) || /mmproj|imatrix/i.test(file)) continue;
    const stem = file.replace(SHARD, '');
    models.set(stem, [...(models.get(stem) ?? []), file]);
  }
  return [...models.values()];
}

/** The tag must stand between separators in the name. So Q4_K does not match Q4_K_M, and Q4_0 does not match IQ4_0. */
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
