/**
 * One download of a file at a time on a machine, without a lock that a killed process would hold for ever: the lock file
 * names its holder, and is renewed while it is held. Should two ever hold it, each still verifies what it places.
 */
import { mkdir, open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const RENEWAL = 5;
/** Seconds without renewal after which the holder is taken to be gone. */
const STALE = 60;
const POLL = 0.2;

export async function whileLocked<T>(path: string, signal: AbortSignal, body: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  while (!(await acquired(path))) {
    if (await isAbandoned(path)) await rm(path, { force: true });
    else await sleep(POLL * 1000, undefined, { signal });
  }
  const renewal = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), RENEWAL * 1000).unref();
  try {
    return await body();
  } finally {
    clearInterval(renewal);
    await rm(path, { force: true });
  }
}

async function acquired(path: string): Promise<boolean> {
  try {
    const handle = await open(path, 'wx');
    await handle.writeFile(`${process.pid} ${hostname()}`);
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  try {
    const [pid, host] = (await readFile(path, 'utf8')).split(' ');
    const age = (Date.now() - (await stat(path)).mtimeMs) / 1000;
    return age > STALE || (host === hostname() && !isAlive(Number(pid)));
  } catch {
    // Released meanwhile.
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
