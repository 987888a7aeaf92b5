/**
 * Limits on all processes of a program together, by Linux's control groups. The kernel counts no processes of root against the limit
 * of a user, and sixteen processes of 1 GiB are 16 GiB; a group has one limit for all. Only some users may make groups: root,
 * and users whose part of the tree was given to them (systemd's `Delegate=`).
 */
import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { memberships, upwards } from '../system/container.js';

export interface ControlGroup {
  /** The files that a process writes itself into, one for each hierarchy. */
  readonly entries: readonly string[];
}

interface GroupLimits {
  /** Bytes of a process; a group gets a quarter more, for the tests beside the program. */
  readonly memory: number;
  readonly processes: number;
}

const ROOT = '/sys/fs/cgroup';
/** The tests and what enters the namespaces count too. */
const PROCESSES_OF_OURS = 6;

/** Null where this process may set no limits. */
export function createGroup({ memory, processes }: GroupLimits, root = ROOT): ControlGroup | null {
  const bytes = String(memory + memory / 4);
  const tasks = String(processes + PROCESSES_OF_OURS);
  const unified = memberships()
    .filter(({ controllers }) => controllers.length === 0)
    .flatMap(({ path }) => upwards(root, path))
    .map((parent) => make(parent, { 'memory.max': bytes, 'pids.max': tasks }))
    .find((folder) => folder !== null);
  if (unified !== undefined) return groupOf([unified]);
  const separate = [
    make(join(root, 'memory'), { 'memory.limit_in_bytes': bytes }),
    make(join(root, 'pids'), { 'pids.max': tasks }),
  ].filter((folder) => folder !== null);
  return separate.length === 0 ? null : groupOf(separate);
}

function groupOf(folders: readonly string[]): ControlGroup {
  process.once('exit', () => folders.forEach(remove));
  return { entries: folders.map((folder) => join(folder, 'cgroup.procs')) };
}

/** A command that enters the group before it begins, so that none of its processes is outside. */
export function within(
  group: ControlGroup | null,
  command: readonly [string, ...string[]],
): readonly [string, ...string[]] {
  if (group === null) return command;
  const entering = group.entries.map((_, i) => `echo 0 > "$${i + 1}" && `).join('');
  const script = `${entering}shift ${group.entries.length} && exec "$@"`;
  return ['/bin/sh', '-c', script, 'sh', ...group.entries, ...command];
}

/** A new group with these limits; null where it, or one of them, cannot be made. */
function make(parent: string, limits: Readonly<Record<string, string>>): string | null {
  const folder = join(parent, `rightsize-${process.pid}`);
  try {
    mkdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return null;
  }
  try {
    for (const [name, value] of Object.entries(limits)) writeFileSync(join(folder, name), value, { flag: 'r+' });
    return folder;
  } catch {
    remove(folder);
    return null;
  }
}

function remove(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // It has processes that are still ending, and the system removes it with its parent.
  }
}
