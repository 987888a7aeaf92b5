/**
 * Lock files: one process at a time writes to a run, fetches a file, or measures speed on a machine. A lock names its holder, and
 * the lock of a holder that died is taken over, so a killed process blocks nobody.
 *
 *     link ──▶ made: held                          a hard link appears whole, or not at all
 *       └────▶ exists ──▶ its holder lives: taken
 *                    └──▶ its holder died: lock the succession to it, look again, replace it
 *
 * Each lock has a token of its own, and the lock of a succession has the dead holder's token in its name. So of two processes that
 * find the same dead holder, one gets the succession; the other finds it taken, or finds that the token has changed.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { link, mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Holder {
  readonly pid: number;
  readonly command: string;
  /** ISO 8601, UTC. */
  readonly since: string;
  /** The host, its boot and its process ids: within one of these, a pid means one process. */
  readonly space: string;
  /** When the process began, as the system counts it; null where the system does not say. A pid is used again after a while. */
  readonly began: string | null;
  readonly token: string;
}

export interface Lock {
  readonly state: 'held';
  release(): Promise<void>;
}

export interface Taken {
  readonly state: 'taken';
  readonly holder: Holder;
}

/** Seconds between two renewals of a lock that is held. */
const RENEWAL = 5;
/** Seconds without renewal after which a holder whose process cannot be seen from here is taken to be dead. */
const STALE = 60;
/** Seconds between two looks at a lock that is waited for. */
const POLL = 0.2;
const LONGEST_COMMAND = 300;

/** Takes a lock, or says who has it. `command` tells others what the holder does. */
export async function tryLock(path: string, command: string): Promise<Lock | Taken> {
  await mkdir(dirname(path), { recursive: true });
  const own = holderHere(command);
  const holder = await take(path, own);
  if (holder !== null) return { state: 'taken', holder };
  const renewal = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), RENEWAL * 1000).unref();
  return {
    state: 'held',
    async release() {
      clearInterval(renewal);
      if ((await readHolder(path))?.token === own.token) await rm(path, { force: true });
    },
  };
}

export interface WaitOptions {
  readonly command: string;
  readonly signal: AbortSignal;
  /** Told once of each holder that is waited for. */
  readonly onWait?: (holder: Holder) => void;
}

/** Takes a lock as soon as it is free. @throws the reason of the signal when it is aborted. */
export async function waitForLock(path: string, { command, signal, onWait }: WaitOptions): Promise<Lock> {
  for (let waitedFor = ''; ; ) {
    signal.throwIfAborted();
    const lock = await tryLock(path, command);
    if (lock.state === 'held') return lock;
    if (lock.holder.token !== waitedFor) onWait?.(lock.holder);
    waitedFor = lock.holder.token;
    await sleep(POLL * 1000, undefined, { signal }).catch(() => {});
  }
}

export async function whileLocked<T>(path: string, options: WaitOptions, body: () => Promise<T>): Promise<T> {
  const lock = await waitForLock(path, options);
  try {
    return await body();
  } finally {
    await lock.release();
  }
}

/** `process 4711 (rightsize run -s mine.yaml), since 2026-11-22T09:08:57Z` */
export function describeHolder({ pid, command, since }: Holder): string {
  return `process ${pid} (${command}), since ${since}`;
}

/** @returns Who has the lock; null when it is taken now. */
async function take(path: string, own: Holder): Promise<Holder | null> {
  for (;;) {
    if (await appears(path, own)) return null;
    const holder = await readHolder(path);
    if (holder === null) continue;
    if (await lives(holder, path)) return holder;
    const succession = `${path}.${holder.token}`;
    const successor = await take(succession, own);
    if (successor !== null) return successor;
    try {
      if ((await readHolder(path))?.token !== holder.token) continue;
      await replace(path, own);
      return null;
    } finally {
      await rm(succession, { force: true });
    }
  }
}

/** Makes the file with all that is in it, in one step. @returns Whether it was not there before. */
async function appears(path: string, own: Holder): Promise<boolean> {
  const written = await writeBeside(path, own);
  try {
    await link(written, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (code !== undefined && NO_LINKS.includes(code)) return await created(path, own);
    throw error;
  } finally {
    await rm(written, { force: true });
  }
}

/** Some file systems have no hard links. There the file is empty for a moment, which `readHolder` waits out. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

async function created(path: string, own: Holder): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify(own), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function replace(path: string, own: Holder): Promise<void> {
  const written = await writeBeside(path, own);
  try {
    await rename(written, path);
  } catch (error) {
    await rm(written, { force: true });
    throw error;
  }
}

async function writeBeside(path: string, own: Holder): Promise<string> {
  const file = `${path}.${randomUUID()}.new`;
  await writeFile(file, JSON.stringify(own), { flag: 'wx' });
  return file;
}

/** @returns null when there is no lock any more. */
async function readHolder(path: string): Promise<Holder | null> {
  let text = await readLock(path);
  if (text === '') {
    await sleep(POLL * 1000);
    text = await readLock(path);
  }
  return text === null ? null : (parseHolder(text) ?? unreadable(text));
}

async function readLock(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Other programs may have written the file, and its text is shown to people. */
function parseHolder(text: string): Holder | null {
  let raw: Partial<Record<keyof Holder, unknown>> | null;
  try {
    raw = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof raw !== 'object' || raw === null) return null;
  const { pid, command, since, space, began, token } = raw;
  if (!Number.isSafeInteger(pid) || (pid as number) <= 0) return null;
  if (typeof command !== 'string' || typeof since !== 'string' || typeof space !== 'string') return null;
  if (typeof token !== 'string' || !/^[\w-]{1,64}$/.test(token)) return null;
  if (began !== null && typeof began !== 'string') return null;
  return { pid: pid as number, command: printable(command), since: printable(since), space, began, token };
}

/** A file that is no lock of this version, with a holder that is dead to it. */
function unreadable(text: string): Holder {
  const token = createHash('sha256').update(text).digest('hex').slice(0, 32);
  return { pid: 0, command: 'unknown', since: 'an unknown time', space: '', began: null, token };
}

async function lives({ pid, space, began }: Holder, path: string): Promise<boolean> {
  if (pid === 0) return false;
  if (space === SPACE) {
    const found = readStat(pid);
    if (found?.zombie) return false;
    return isRunning(pid) && (began === null || found === null || found.began === began);
  }
  try {
    return (Date.now() - (await stat(path)).mtimeMs) / 1000 < STALE;
  } catch {
    return false;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function holderHere(command: string): Holder {
  return {
    pid: process.pid,
    command: printable(command),
    since: `${new Date().toISOString().slice(0, 19)}Z`,
    space: SPACE,
    began: readStat(process.pid)?.began ?? null,
    token: randomUUID(),
  };
}

const SPACE = [
  hostname(),
  attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
  attempt(() => readlinkSync('/proc/self/ns/pid')),
].join(' ');

interface ProcessStat {
  /** Clock ticks from the system's boot to the start of the process. */
  readonly began: string;
  /** Whether it has ended, and its parent has not asked how. */
  readonly zombie: boolean;
}

/** Fields 3 and 22 of `/proc/PID/stat`, see proc_pid_stat(5); null where the system does not tell. */
function readStat(pid: number): ProcessStat | null {
  return attempt(() => {
    // The name of the program, in brackets, may hold blanks and brackets itself.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    return { began: fields[19]!, zombie: fields[0] === 'Z' };
  });
}

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

function printable(text: string): string {
  return text.replace(/\p{C}+/gu, ' ').slice(0, LONGEST_COMMAND);
}
