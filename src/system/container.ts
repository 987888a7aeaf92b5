/**
 * What a container leaves of a machine. Its limits are those of Linux's control groups, which the system's own counts of cores
 * and memory do not know: in a container of half a core, a machine with 64 shows 64.
 *
 *     version 2   /proc/self/cgroup: 0::/docker/x           cpu.max: 50000 100000    memory.max: 1500000000
 *     version 1   /proc/self/cgroup: 4:cpu,cpuacct:/docker/x   cpu.cfs_quota_us / cpu.cfs_period_us   memory.limit_in_bytes
 *
 * A group is limited by those above it, too, so the least of them counts.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { dirname, join } from 'node:path';

export interface ContainerLimits {
  /** Cores, in parts of one; null where there is no limit. */
  readonly cores: number | null;
  /** Bytes; null where there is no limit. */
  readonly memory: number | null;
}

/** Where the groups are found; tests hand in their own. */
export interface ContainerFiles {
  readonly membership: string;
  readonly groups: string;
}

const SYSTEM: ContainerFiles = { membership: '/proc/self/cgroup', groups: '/sys/fs/cgroup' };

export function containerLimits(files: ContainerFiles = SYSTEM): ContainerLimits {
  const memberships = (read(files.membership) ?? '').split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    return path === undefined ? [] : [{ controllers: controllers!.split(','), path }];
  });
  const cores: number[] = [];
  const memory: number[] = [];
  for (const { controllers, path } of memberships) {
    const [first] = controllers;
    if (first === '') {
      for (const group of upwards(files.groups, path)) {
        cores.push(...quotient(...(read(join(group, 'cpu.max')) ?? '').split(' ')));
        memory.push(...limit(read(join(group, 'memory.max'))));
      }
      continue;
    }
    // The folder has the name of all controllers of a hierarchy, or of one of them.
    const roots = [controllers.join(','), ...controllers].map((name) => join(files.groups, name));
    for (const group of roots.flatMap((root) => upwards(root, path))) {
      cores.push(
        ...quotient(read(join(group, 'cpu.cfs_quota_us')) ?? '', read(join(group, 'cpu.cfs_period_us')) ?? ''),
      );
      memory.push(...limit(read(join(group, 'memory.limit_in_bytes'))));
    }
  }
  return { cores: least(cores), memory: least(memory) };
}

/** The folder of a group and those above it; a container may show only the root of its own. */
function upwards(root: string, path: string): string[] {
  const folders = [join(root, path)];
  while (folders.at(-1) !== root && folders.at(-1) !== '/') folders.push(dirname(folders.at(-1)!));
  return folders;
}

function quotient(quota = '', period = ''): number[] {
  const [spent, of] = [Number(quota), Number(period)];
  return quota !== '' && period !== '' && spent > 0 && of > 0 ? [spent / of] : [];
}

/** Version 1 writes the largest number that it has for no limit. */
const NO_LIMIT = 2 ** 60;

function limit(text: string | null): number[] {
  const bytes = Number(text ?? '');
  return text !== null && text !== '' && bytes > 0 && bytes < NO_LIMIT ? [bytes] : [];
}

function least(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.min(...values);
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return null;
  }
}

/** Cores that this process may use: those of its affinity, and whole ones of its limit, but one at least. */
export function allowedCores(limits: ContainerLimits = containerLimits()): number {
  const { cores } = limits;
  const affinity = availableParallelism();
  return cores === null ? affinity : Math.max(1, Math.min(affinity, Math.floor(cores)));
}

/** Bytes of memory that this process may use. */
export function allowedMemory({ memory }: ContainerLimits = containerLimits()): number {
  return memory === null ? totalmem() : Math.min(totalmem(), memory);
}

/** Processes that the system has killed for want of memory since it started, in containers too; null where it does not count them. */
export function outOfMemoryKills(file = '/proc/vmstat'): number | null {
  const count = /^oom_kill (\d+)$/m.exec(read(file) ?? '')?.[1];
  return count === undefined ? null : Number(count);
}
