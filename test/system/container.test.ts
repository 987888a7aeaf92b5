/** Limits of containers, from folders as the kernel writes them. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { countCores, threadWarnings } from '../../src/backends/cores.js';
import { noiseOf } from '../../src/run/environment.js';
import {
  allowedCores,
  allowedMemory,
  type ContainerLimits,
  containerLimits,
  processorsIn,
} from '../../src/system/container.js';

function limitsOf(membership: string, files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'rightsize-'));
  for (const [name, content] of Object.entries({ membership, ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), `${content}\n`);
  }
  return containerLimits({ membership: join(folder, 'membership'), groups: join(folder, 'groups') });
}

describe('the limits of a container', () => {
  test.each<[string, string, Record<string, string>, Partial<ContainerLimits>]>([
    [
      'version 2',
      '0::/docker/x',
      { 'groups/docker/x/cpu.max': '50000 100000', 'groups/docker/x/memory.max': '1500000000' },
      { cores: 0.5, memory: 1.5e9 },
    ],
    [
      'version 2, in a namespace of groups',
      '0::/',
      { 'groups/cpu.max': '150000 100000', 'groups/memory.max': 'max' },
      { cores: 1.5, memory: null },
    ],
    [
      'version 2, of a group above',
      '0::/a/b',
      { 'groups/a/cpu.max': '200000 100000', 'groups/a/b/cpu.max': 'max 100000' },
      { cores: 2, memory: null },
    ],
    [
      'version 2, the least of several',
      '0::/a/b',
      { 'groups/a/memory.max': '100', 'groups/a/b/memory.max': '200' },
      { cores: null, memory: 100 },
    ],
    [
      'version 2, slowed down before it is full, as MemoryHigh of systemd does',
      '0::/user.slice/run-1.scope',
      {
        'groups/user.slice/memory.high': '2000000000',
        'groups/user.slice/run-1.scope/memory.max': '4000000000',
        'groups/user.slice/run-1.scope/memory.high': 'max',
      },
      { cores: null, memory: 2e9 },
    ],
    [
      'version 2, without limits',
      '0::/a',
      { 'groups/a/cpu.max': 'max 100000', 'groups/a/memory.max': 'max' },
      { cores: null, memory: null },
    ],
    [
      'version 1',
      '4:cpu,cpuacct:/x\n3:memory:/x',
      {
        'groups/cpu,cpuacct/x/cpu.cfs_quota_us': '50000',
        'groups/cpu,cpuacct/x/cpu.cfs_period_us': '100000',
        'groups/memory/x/memory.limit_in_bytes': '1500000000',
      },
      { cores: 0.5, memory: 1.5e9 },
    ],
    [
      'version 1, under one name',
      '4:cpu,cpuacct:/docker/abc',
      { 'groups/cpu/cpu.cfs_quota_us': '300000', 'groups/cpu/cpu.cfs_period_us': '100000' },
      { cores: 3, memory: null },
    ],
    [
      'version 1, without limits',
      '4:cpu:/x\n3:memory:/x',
      {
        'groups/cpu/x/cpu.cfs_quota_us': '-1',
        'groups/cpu/x/cpu.cfs_period_us': '100000',
        'groups/memory/x/memory.limit_in_bytes': '9223372036854771712',
      },
      { cores: null, memory: null },
    ],
    [
      'version 2, whose root is that of another group',
      '0::/../../pod/x',
      { 'groups/cpu.max': '50000 100000', 'groups/memory.max': '1500000000' },
      { cores: 0.5, memory: 1.5e9 },
    ],
    [
      'version 2, four groups deep',
      '0::/kubepods.slice/burstable/pod1/x',
      {
        'groups/kubepods.slice/cpu.max': '800000 100000',
        'groups/kubepods.slice/burstable/pod1/cpu.max': '25000 50000',
        'groups/kubepods.slice/burstable/pod1/x/cpu.max': 'max 100000',
        'groups/kubepods.slice/memory.max': '8000000000',
        'groups/kubepods.slice/burstable/pod1/x/memory.max': '1000000000',
      },
      { cores: 0.5, memory: 1e9 },
    ],
    [
      'version 2, on some processors',
      '0::/a/b',
      { 'groups/cpuset.cpus.effective': '0-63', 'groups/a/b/cpuset.cpus.effective': '0-3,8' },
      { processors: 5 },
    ],
    ['version 2, on processors that it does not name', '0::/a', { 'groups/a/cpuset.cpus.effective': '' }, {}],
    [
      'version 1, on some processors',
      '3:cpuset:/a',
      { 'groups/cpuset/a/cpuset.effective_cpus': '2' },
      { processors: 1 },
    ],
    [
      'both versions at once',
      '4:memory:/x\n0::/x',
      { 'groups/memory/x/memory.limit_in_bytes': '200', 'groups/x/memory.max': '100', 'groups/x/cpu.max': '100 50' },
      { cores: 2, memory: 100 },
    ],
    ['a group that is gone', '0::/gone (deleted)', {}, {}],
    ['nothing', '', {}, { cores: null, memory: null }],
    [
      'nonsense',
      'nonsense\n0::',
      { 'groups/cpu.max': 'a lot', 'groups/memory.max': '-7' },
      { cores: null, memory: null },
    ],
  ])('of %s', (_, membership, files, limits) => {
    expect(limitsOf(membership, files)).toEqual({ cores: null, processors: null, memory: null, ...limits });
  });

  test.each([
    [0.5, 1],
    [1, 1],
    [1.99, 1],
    [1000, availableParallelism()],
    [null, availableParallelism()],
  ])('of %s cores leave %i', (cores, left) => {
    expect(allowedCores({ cores, processors: null, memory: null })).toBe(left);
  });

  test.each([
    [1, null, 1],
    [1, 0.5, 1],
    [1000, null, availableParallelism()],
  ])('of %i processors and %s cores leave %i', (processors, cores, left) => {
    expect(allowedCores({ cores, processors, memory: null })).toBe(left);
  });

  test('are held against the threads of an engine', () => {
    expect(threadWarnings(1, 1)).toEqual([]);
    expect(threadWarnings(4, 1)).toEqual(['4 threads share 1 core and wait for each other; set fewer threads']);
  });

  test('of memory leave no more than the machine has', () => {
    expect(allowedMemory({ memory: 1e6 })).toBe(1e6);
    expect(allowedMemory({ memory: 1e18 })).toBe(totalmem());
  });

  test('are warned of', () => {
    const quiet = { cores: 1, load: 0, governor: 'performance', virtual: false };
    expect(noiseOf({ ...quiet, quota: 0.5 })[0]!.what).toMatch(/^this container is throttled to 0.5 of \d+ cores/);
    expect(
      noiseOf({ ...quiet, quota: 0.5 })
        .map(({ what }) => what)
        .join(),
    ).not.toMatch(/\b1 cores/);
    expect(noiseOf({ ...quiet, cores: 8, quota: null })).toEqual([]);
  });
});

describe('physical cores', () => {
  const cpuinfo = [0, 1, 2, 3].map((n) => `processor\t: ${n}\nphysical id\t: 0\ncore id\t: ${n >> 1}\n`).join('\n');

  test.each([
    ['0-3', 2],
    ['0-1', 1],
    ['0,2', 2],
    ['1,3', 2],
    ['3', 1],
  ])('of the processors %s are %i', (mask, cores) => {
    expect(countCores(cpuinfo, processorsIn(mask))).toBe(cores);
  });

  test('of all are those of all', () => expect(countCores(cpuinfo)).toBe(2));
});

const root = '/sys/fs/cgroup';
const canMake = (() => {
  try {
    mkdirSync(`${root}/cpu/rightsize-test`);
    rmdirSync(`${root}/cpu/rightsize-test`);
    return true;
  } catch {
    return false;
  }
})();

/** What the built program makes of a group, from inside it. */
function insideOf(limits: Readonly<Record<string, Readonly<Record<string, string>>>>): unknown {
  const groups = Object.entries(limits).map(([controller, files]) => {
    const group = `${root}/${controller}/rightsize-test-${process.pid}`;
    mkdirSync(group);
    for (const [name, value] of Object.entries(files)) writeFileSync(join(group, name), value);
    return group;
  });
  const dist = (file: string) => JSON.stringify(new URL(`../../dist/${file}`, import.meta.url).href);
  const program = `
    import { writeFileSync } from 'node:fs';
    for (const group of ${JSON.stringify(groups)}) writeFileSync(group + '/cgroup.procs', String(process.pid));
    const { defaultThreads } = await import(${dist('backends/llama-cpp/threads.js')});
    const { describeEnvironment } = await import(${dist('run/environment.js')});
    const { cpu, memory, noise } = await describeEnvironment();
    const throttled = noise.find(({ what }) => what.includes('throttled'))?.what.slice(0, 43);
    console.log(JSON.stringify({ threads: defaultThreads(1e9), cores: cpu.cores, quota: cpu.quota, memory: memory.total, throttled }));`;
  try {
    return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }));
  } finally {
    for (const group of groups) rmdirSync(group);
  }
}

const PERIOD = { 'cpu.cfs_period_us': '100000' };
test.runIf(canMake).each<[string, Record<string, Record<string, string>>, object]>([
  [
    'half a core and 1.5 GB',
    { cpu: { 'cpu.cfs_quota_us': '50000', ...PERIOD }, memory: { 'memory.limit_in_bytes': '1500000256' } },
    {
      threads: [1],
      cores: 1,
      quota: 0.5,
      memory: 1_500_000_256,
      throttled: `this container is throttled to 0.5 of ${cpus().length} cores`.slice(0, 43),
    },
  ],
  ['a core and a half', { cpu: { 'cpu.cfs_quota_us': '150000', ...PERIOD } }, { threads: [1], cores: 1, quota: 1.5 }],
  ['one processor', { cpuset: { 'cpuset.cpus': '0', 'cpuset.mems': '0' } }, { threads: [1], cores: 1 }],
  ['no limit', { cpu: { 'cpu.cfs_quota_us': '-1' } }, { cores: availableParallelism() }],
])('in a real group of %s, threads and the report keep to it', (_, limits, expected) => {
  expect(insideOf(limits)).toMatchObject(expected);
});
