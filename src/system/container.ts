/**
 * What a container leaves of a machine. Its limits are those of Linux's control groups, which the system's own counts of cores
 * and memory do not know: in a container of half a core, a machine with 64 shows 64.
 *
 *     version 2   /proc/self/cgroup: 0::/docker/x           cpu.max: 50000 100000    memory.max: 1500000000    cpuset.cpus.effective: 0-3
 *     version 1   /proc/self/cgroup: 4:cpu,cpuacct:/docker/x   cpu.cfs_quota_us / cpu.cfs_period_us   memory.limit_in_bytes
 *
 * A group is limited by those above it, too, so the least of them counts.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';

export interface ContainerLimits {
  /** Cores, in parts of one; null where there is no limit. */
  readonly cores: number | null;
  /** Processors that it may run on; null where that is not said. */
  readonly processors: number | null;
  /** Bytes; null where there is no limit. */
  readonly memory: number | null;
}

/** The folders of the control groups. Tests hand in their own. */
export interface ContainerFiles {
  readonly membership: string;
  readonly groups: string;
}

const SYSTEM: ContainerFiles = { membership: '/proc/self/cgroup', groups: '/sys/fs/cgroup' };

export function containerLimits({ membership, groups }: ContainerFiles = SYSTEM): ContainerLimits {
  const cores: number[] = [];
  const memory: number[] = [];
  const processors: number[] = [];
  for (const { controllers, path } of memberships(membership)) {
    if (controllers.length === 0) {
      for (const group of upwards(groups, path)) {
        cores.push(...quotient(...(read(join(group, 'cpu.max')) ?? '').split(' ')));
        // Above `memory.high` the kernel takes memory back and slows the group down, so memory above it is of no use.
        for (const name of ['memory.max', 'memory.high']) memory.push(...limit(read(join(group, name))));
        processors.push(...count(read(join(group, 'cpuset.cpus.effective'))));
      }
      continue;
    }
    // The folder has the name of all controllers of a hierarchy, or of one of them.
    const roots = [controllers.join(','), ...controllers].map((name) => join(groups, name));
    for (const group of roots.flatMap((root) => upwards(root, path))) {
      cores.push(
        ...quotient(read(join(group, 'cpu.cfs_quota_us')) ?? '', read(join(group, 'cpu.cfs_period_us')) ?? ''),
      );
      memory.push(...limit(read(join(group, 'memory.limit_in_bytes'))));
      processors.push(...count(read(join(group, 'cpuset.effective_cpus'))));
    }
  }
  return { cores: least(cores), processors: least(processors), memory: least(memory) };
}

export interface Membership {
  /** None for version 2. */
  readonly controllers: readonly string[];
  readonly path: string;
}

/** The groups that a process is in. */
export function memberships(file = SYSTEM.membership): readonly Membership[] {
  return (read(file) ?? '').split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    return path === undefined ? [] : [{ controllers: controllers!.split(',').filter((name) => name !== ''), path }];
  });
}

/**
 * The folder of a group and those above it, up to the root. A container may show only the root of its own, and name its group
 * `/../x` where that root is another's.
 */
export function upwards(root: string, path: string): readonly string[] {
  const names = path.split('/').filter((name) => name !== '' && name !== '.' && name !== '..');
  return Array.from({ length: names.length + 1 }, (_, i) => join(root, ...names.slice(0, names.length - i)));
}

function quotient(quota = '', period = ''): number[] {
  const [spent, of] = [Number(quota), Number(period)];
  return quota !== '' && period !== '' && spent > 0 && of > 0 ? [spent / of] : [];
}

/** The processors in a list: `0-3,8` are five. */
function count(list: string | null): number[] {
  const processors = list === null || !/^[\d,-]+$/.test(list) ? 0 : processorsIn(list).size;
  return processors > 0 ? [processors] : [];
}

/** More than any kernel counts. */
const MOST_PROCESSORS = 2 ** 16;

/** The processors in a list as the kernel writes it: `0-3,8`. */
export function processorsIn(list: string): ReadonlySet<number> {
  const processors = new Set<number>();
  for (const part of list.split(',')) {
    const [first = 0, last = first] = part.split('-').map(Number);
    for (let processor = first; processor <= Math.min(last, MOST_PROCESSORS); processor++) processors.add(processor);
  }
  return processors;
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

/** Cores that this process may use: those of its affinity and its group, and whole ones of its limit, but one at least. */
export function allowedCores({ cores, processors }: ContainerLimits = containerLimits()): number {
  const whole = cores === null ? Number.POSITIVE_INFINITY : Math.floor(cores);
  return Math.max(1, Math.min(availableParallelism(), processors ?? Number.POSITIVE_INFINITY, whole));
}

/** Bytes of memory that this process may use. */
export function allowedMemory({ memory }: Pick<ContainerLimits, 'memory'> = containerLimits()): number {
  return memory === null ? totalmem() : Math.min(totalmem(), memory);
}

/** Processes that the system has killed for want of memory since it started, in containers too; null where it does not count them. */
export function outOfMemoryKills(file = '/proc/vmstat'): number | null {
  const count = /^oom_kill (\d+)$/m.exec(read(file) ?? '')?.[1];
  return count === undefined ? null : Number(count);
}
