/** The options and results of a source of files. */

import type { RepositoryKind } from '../core/definition/hub-reference.js';
import type { EnvironmentVariables } from './cache.js';
import type { Include } from './choice.js';
import type { HubPace } from './client.js';

export interface SourceOptions {
  /** Relative paths start from this folder. */
  readonly directory: string;
  readonly environment: EnvironmentVariables;
  /** The default is `model`. */
  readonly kind?: RepositoryKind;
  /** Chooses the files of a folder or repository that are needed. Names are relative to it. The default is all files. */
  readonly include?: Include;
  readonly signal?: AbortSignal;
  /** Called about ten times a second, with bytes summed over all files of the source. */
  readonly onProgress?: (progress: { readonly what: string; readonly done: number; readonly total: number }) => void;
  readonly pace?: HubPace;
}

export interface Resolved {
  /** The file (for a sharded GGUF the first shard), or the folder that holds the files under their own names. */
  readonly path: string;
  /** Absolute paths of the chosen files, in the order of the choice. */
  readonly files: readonly string[];
  /** The size of all files together, in bytes. */
  readonly bytes: number;
  /** The commit of the files; null for a plain path. */
  readonly commit: string | null;
}

/** The status that `check` reports. It matches the backends' `Readiness`. */
export type SourceStatus =
  | { readonly ready: true; readonly resolved: Resolved }
  /** The bytes that are still missing; null when unknown. */
  | { readonly ready: 'after-download'; readonly bytes: number | null }
  | { readonly ready: false; readonly reason: string };
