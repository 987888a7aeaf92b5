/** What the processes of a server use, as the operating system counts it: memory, processor time, and the cores that they may run on. */
import { readFile } from 'node:fs/promises';
import { isMissing } from '../core/quantity.js';
import { readMemory } from './memory.js';

/** Ticks of a second in /proc/PID/stat. Linux shows 100 to every process, whatever the kernel counts in. */
const TICKS = 100;

export interface ServerUsage {
  /** Bytes. */
  readonly memory?: number;
  /** The processor time since the processes started. */
  readonly cpuSeconds?: number;
}

/** Unknown values are left out. */
export async function serverUsage(pids: readonly number[]): Promise<ServerUsage> {
  if (pids.length === 0) return {};
  const [{ resident }, seconds] = await Promise.all([readMemory(pids), Promise.all(pids.map(cpuSecondsOf))]);
  const known = seconds.filter((one) => one !== null);
  return {
    ...(!isMissing(resident) && { memory: resident.value }),
    ...(known.length === pids.length && { cpuSeconds: known.reduce((sum, one) => sum + one, 0) }),
  };
}

/** Null where the process has ended, or the system has no /proc. */
async function cpuSecondsOf(pid: number): Promise<number | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  // The name in parentheses may hold anything; utime and stime are the 12th and 13th fields after it (proc(5)).
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  return Number.isFinite(user + system) ? (user + system) / TICKS : null;
}

/** The cores that a process may run on, as the kernel writes them (`0-3,8`); null where the system does not tell. */
export async function coresOf(pid: number | 'self'): Promise<string | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return /^Cpus_allowed_list:\s*([\d,-]+)$/m.exec(status)?.[1] ?? null;
}
