/** What is asked of a source of files, and what comes of it. */
import type { EnvironmentVariables } from './cache.js';
import type { Include } from './choice.js';
import type { HubPace } from './client.js';
import type { RepositoryKind } from './reference.js';

export interface SourceOptions {
  /** What relative paths are relative to. */
  readonly directory: string;
  readonly environment: EnvironmentVariables;
  /** The default is `model`. */
  readonly kind?: RepositoryKind;
  /** Which files of a folder or repository are needed; names are relative to it. The default is all of them. */
  readonly include?: Include;
  readonly signal?: AbortSignal;
  /** Told some ten times a second, in bytes over all files of the source. */
  readonly onProgress?: (progress: { readonly what: string; readonly done: number; readonly total: number }) => void;
  readonly pace?: HubPace;
}

export interface Resolved {
  /** The file (of a sharded GGUF the first), or the folder that holds the files under their own names. */
  readonly path: string;
  /** Absolute paths of the chosen files, in the order chosen. */
  readonly files: readonly string[];
  /** Bytes of all files. */
  readonly bytes: number;
  /** The commit they were taken from; null for a plain path. */
  readonly commit: string | null;
}

/** What `check` reports: fits the backends' `Readiness`. */
export type SourceStatus =
  | { readonly ready: true; readonly resolved: Resolved }
  /** Bytes still to be fetched; null when unknown. */
  | { readonly ready: 'after-download'; readonly bytes: number | null }
  | { readonly ready: false; readonly reason: string };
