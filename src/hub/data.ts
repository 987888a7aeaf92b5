/**
 * Finds the rows of a task: a file beside the suite, an https URL, or a data set of the hub. Remote data are downloaded once
 * and cached. `HF_HUB_OFFLINE` forbids the download.
 */
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { EnvHttpProxyAgent } from 'undici';
import type { DataSamples } from '../core/definition/suite.js';
import { describeError, UserError } from '../core/errors.js';
import { sha256 } from '../system/hash.js';
import { within } from '../system/signals.js';
import { isHubReference, resolveSource } from './hub.js';
import { proxiesOf } from './proxies.js';
import { isTransientStatus, persist, retryAfterOf, Transient } from './retry.js';

export interface DataOptions {
  /** Relative paths start from this folder. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Returns the files of a data set in reading order. @throws UserError when they cannot be found or downloaded. */
export async function locateData(source: DataSamples, options: DataOptions): Promise<readonly string[]> {
  if (isHubReference(source.file)) return hubFiles(source, options);
  if (/^https?:\/\//.test(source.file)) return [await fetchOnce(new URL(source.file), options)];
  return [resolve(options.directory, source.file)];
}

/** Whether the rows come from the hub or from a server. Such rows may have to be downloaded first. */
export function isRemote({ file }: DataSamples): boolean {
  return isHubReference(file) || /^https?:\/\//.test(file);
}

const ROWS = /\.(jsonl|json|csv|tsv)(\.gz)?$|\.parquet$/i;

/** The hub keeps a Parquet copy of every public data set at this revision, in one folder for each configuration and split. */
const AS_PARQUET = 'refs%2Fconvert%2Fparquet';

async function hubFiles(source: DataSamples, { directory, environment }: DataOptions): Promise<readonly string[]> {
  const { config, split } = source;
  const plain = /^hf:[^/@]+\/[^/@]+$/.test(source.file);
  const reference = plain ? `${source.file}@${AS_PARQUET}/${config ?? 'default'}/${split ?? 'test'}` : source.file;
  const wanted = (name: string) =>
    ROWS.test(name) && (plain || !split || namesPart(name, split)) && (plain || !config || namesPart(name, config));
  const { files } = await resolveSource(reference, {
    directory,
    environment,
    kind: 'dataset',
    include: (names) => names.filter(wanted).sort(),
  });
  if (files.length === 0) {
    throw new UserError(
      `${source.file}: expected files of rows${split ? ` of the split "${split}"` : ''}, found none; name a file, as in ${source.file}/data.jsonl`,
    );
  }
  return files;
}

/** Whether a part of the name is this word: `test` is a part of `data/test-00000-of-00001.parquet`. */
function namesPart(name: string, part: string): boolean {
  return name.split(/[^a-z0-9_]+/i).includes(part);
}

async function fetchOnce(url: URL, { environment }: DataOptions): Promise<string> {
  const cache = join(environment.XDG_CACHE_HOME || join(environment.HOME || homedir(), '.cache'), 'rightsize', 'data');
  const file = join(cache, sha256(url.href).slice(0, 16), basename(url.pathname) || 'data');
  if (existsSync(file)) return file;
  if (environment.HF_HUB_OFFLINE && !['0', 'false', 'no', 'off'].includes(environment.HF_HUB_OFFLINE.toLowerCase())) {
    throw new UserError(`${url.href}: not in the cache, and HF_HUB_OFFLINE forbids the download; unset it once`);
  }
  await mkdir(join(file, '..'), { recursive: true });
  const partial = `${file}.${process.pid}.incomplete`;
  // undici is loaded only when a download is needed.
  const { EnvHttpProxyAgent } = await import('undici');
  const agent = new EnvHttpProxyAgent(proxiesOf(environment));
  try {
    await persist({ attempts: 4, delay: 1, patience: 60 }, within(3600), () => fetchTo(url, partial, agent));
    await rename(partial, file);
    return file;
  } catch (cause) {
    throw new UserError(`${url.href}: the data cannot be fetched (${describeError(cause)})`, { cause });
  } finally {
    await rm(partial, { force: true });
    await agent.close();
  }
}

async function fetchTo(url: URL, file: string, dispatcher: EnvHttpProxyAgent): Promise<void> {
  const { fetch } = await import('undici');
  const response = await fetch(url, { dispatcher }).catch((cause) => {
    throw new Transient(describeError(cause), null, { cause });
  });
  if (!response.ok) {
    const reason = `the server answers ${response.status}`;
    if (isTransientStatus(response.status))
      throw new Transient(
        reason,
        retryAfterOf((name) => response.headers.get(name) ?? undefined),
      );
    throw new Error(reason);
  }
  const announced = response.headers.get('content-encoding') === null ? response.headers.get('content-length') : null;
  let bytes = 0;
  const counted = Readable.fromWeb(response.body as never).on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  await pipeline(counted, createWriteStream(file)).catch((cause) => {
    throw new Transient(describeError(cause), null, { cause });
  });
  if (announced !== null && bytes !== Number(announced))
    throw new Transient(`${bytes} of ${announced} bytes arrived`, null);
}
