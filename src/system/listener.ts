/** Which process listens on a port of this machine, as Linux tells it (proc(5)). */
import { readdir, readFile, readlink } from 'node:fs/promises';

/** The state of a socket that listens, in /proc/net/tcp. */
const LISTENING = '0A';

/** Null where no process that we may look into listens there, or the system does not tell. */
export async function listenerOn(port: number): Promise<number | null> {
  const sockets = await listeningOn(port);
  if (sockets.size === 0) return null;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    if (await holds(pid, sockets)) return Number(pid);
  }
  return null;
}

/** The sockets as /proc/PID/fd names them. */
async function listeningOn(port: number): Promise<ReadonlySet<string>> {
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFile(file, 'utf8').catch(() => ''));
  const rows = (await Promise.all(tables)).flatMap((table) => table.split('\n').slice(1));
  const own = rows.flatMap((row) => {
    const [, local = '', , state, , , , , , inode] = row.trim().split(/\s+/);
    return state === LISTENING && Number.parseInt(local.split(':').at(-1)!, 16) === port ? [`socket:[${inode}]`] : [];
  });
  return new Set(own);
}

async function holds(pid: string, sockets: ReadonlySet<string>): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  // A process may end meanwhile, and those of others are not ours to look into.
  const files = await readdir(folder).catch(() => []);
  const links = await Promise.all(files.map((file) => readlink(`${folder}/${file}`).catch(() => '')));
  return links.some((link) => sockets.has(link));
}
