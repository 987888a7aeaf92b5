/**
 * Describes the machine of a run, and what makes its readings noisy, each with its remedy. Nobody can repeat a figure from an unknown
 * machine, and nobody should trust a figure from a busy one.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, freemem, hostname, loadavg, platform, release } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ENGINES } from '../backends/table.js';
import type { Environment, MachineRecord, Warning } from '../core/log/log.js';
import { known, missing } from '../core/quantity.js';
import { allowedCores, allowedMemory, containerLimits } from '../system/container.js';
import { sha256 } from '../system/hash.js';
import { uniqueId } from '../system/id.js';
import { packageVersion } from '../system/package.js';

/**
 * This machine at the beginning of a new part of a log.
 *
 * @param name What its user calls it. Machines of different names are different machines.
 */
export async function describeMachine(name?: string): Promise<MachineRecord> {
  const environment = await describeEnvironment();
  return {
    type: 'machine',
    machine: machineId(environment, name),
    part: uniqueId(),
    ...(name !== undefined && { name }),
    environment,
  };
}

/**
 * The same for every run on this machine, and another where the machine offers other means: speeds of a container with fewer
 * cores are those of another machine. It is a hash, for a log may be shown to others, and a host's own id may not.
 */
function machineId({ cpu, memory }: Environment, name?: string): string {
  const host = readLine('/etc/machine-id') ?? '';
  return sha256(
    JSON.stringify([
      'rightsize',
      host,
      hostname(),
      cpu.model,
      cpu.cores,
      memory.total,
      ...(name === undefined ? [] : [name]),
    ]),
  ).slice(0, 16);
}

export async function describeEnvironment(): Promise<Environment> {
  const limits = containerLimits();
  const cores = allowedCores(limits);
  const total = allowedMemory(limits);
  const load = loadavg()[0]!;
  const governor = readLine('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor');
  return {
    rightsize: packageVersion(),
    node: process.versions.node,
    engines: Object.fromEntries(ENGINES.map((name) => [name, installedVersion(name)])),
    os: `${platform()} ${release()}`,
    cpu: {
      model: cpus()[0]?.model.trim() ?? 'unknown',
      cores,
      governor: governor === null ? missing('the system names no CPU frequency governor') : { value: governor },
      ...(limits.cores !== null && { quota: limits.cores }),
    },
    memory: { total, free: Math.min(freemem(), total) },
    gpu: await describeGpu(),
    load: platform() === 'win32' ? missing('Windows has no load average') : known(load),
    noise: noiseOf({ cores, load, governor, virtual: isVirtual(), quota: limits.cores }),
  };
}

interface Circumstances {
  readonly cores: number;
  readonly load: number;
  readonly governor: string | null;
  readonly virtual: boolean;
  /** Cores that the limit of a container leaves; null where there is none. */
  readonly quota?: number | null;
}

export function noiseOf({ cores, load, governor, virtual, quota = null }: Circumstances): readonly Warning[] {
  const noise: Warning[] = [];
  if (quota !== null && quota < cpus().length) {
    noise.push({
      what: `this container is throttled to ${Number(quota.toFixed(2))} of ${cpus().length} cores: whoever takes more waits for the rest of each tenth of a second`,
      remedy: 'give it whole cores, more than the threads of the engine (docker run --cpus), or pin it (--cpuset-cpus)',
    });
  }
  if (load > cores * 0.5) {
    noise.push({
      what: `the machine was busy at the start (load ${load.toFixed(1)} on ${cores} ${cores === 1 ? 'core' : 'cores'})`,
      remedy: 'stop other programs, or run again when it is idle; compare models only within one run',
    });
  }
  if (governor !== null && governor !== 'performance') {
    noise.push({
      what: `the CPU governor is "${governor}", which changes the clock with the load`,
      remedy: 'set it to performance (cpupower frequency-set -g performance) for the time of the run',
    });
  }
  if (virtual) {
    noise.push({
      what: 'this is a virtual machine, whose neighbours share its processor',
      remedy: 'repeat the run at another time, and trust differences within one run more than absolute figures',
    });
  }
  if (cores <= 2) {
    noise.push({
      what: `there ${cores === 1 ? 'is only one core' : `are only ${cores} cores`} for the engine, the harness and the system`,
      remedy: 'leave one to the system by giving models fewer threads, or use a machine with more',
    });
  }
  return noise;
}

function isVirtual(): boolean {
  const flags = readLine('/proc/cpuinfo', /^flags\s*:(.*)$/m);
  return flags !== null && / hypervisor( |$)/.test(flags);
}

function readLine(file: string, pattern = /^(.*)$/m): string | null {
  try {
    return pattern.exec(readFileSync(file, 'utf8'))?.[1]?.trim() ?? null;
  } catch {
    return null;
  }
}

async function describeGpu(): Promise<Environment['gpu']> {
  try {
    const { stdout } = await promisify(execFile)(
      'nvidia-smi',
      ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader'],
      { timeout: 5_000 },
    );
    return { value: stdout.trim().split('\n').join('; ') };
  } catch {
    return missing('nvidia-smi is not here or found no GPU');
  }
}

function installedVersion(name: string): string {
  // Some packages do not export their package.json, so it is read as a file.
  for (const path of createRequire(import.meta.url).resolve.paths(name) ?? []) {
    try {
      return (JSON.parse(readFileSync(join(path, name, 'package.json'), 'utf8')) as { version: string }).version;
    } catch {
      // The package is not in this folder.
    }
  }
  return 'not installed';
}
