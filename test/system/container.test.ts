/** Limits of containers, from folders as the kernel writes them. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { countCores, processorsIn } from '../../src/backends/cores.js';
import { noiseOf } from '../../src/run/environment.js';
import { allowedCores, allowedMemory, containerLimits } from '../../src/system/container.js';

function limitsOf(membership: string, files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'rightsize-'));
  for (const [name, content] of Object.entries({ membership, ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), `${content}\n`);
  }
  return containerLimits({ membership: join(folder, 'membership'), groups: join(folder, 'groups') });
}

describe('the limits of a container', () => {
  test.each<[string, string, Record<string, string>, { cores: number | null; memory: number | null }]>([
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
    ['nothing', '', {}, { cores: null, memory: null }],
    [
      'nonsense',
      'nonsense\n0::',
      { 'groups/cpu.max': 'a lot', 'groups/memory.max': '-7' },
      { cores: null, memory: null },
    ],
  ])('of %s', (_, membership, files, limits) => {
    expect(limitsOf(membership, files)).toEqual(limits);
  });

  test.each([
    [0.5, 1],
    [1, 1],
    [1.99, 1],
    [1000, availableParallelism()],
    [null, availableParallelism()],
  ])('of %s cores leave %i', (cores, left) => {
    expect(allowedCores({ cores, memory: null })).toBe(left);
  });

  test('of memory leave no more than the machine has', () => {
    expect(allowedMemory({ cores: null, memory: 1e6 })).toBe(1e6);
    expect(allowedMemory({ cores: null, memory: 1e18 })).toBe(totalmem());
  });

  test('are warned of', () => {
    const quiet = { cores: 1, load: 0, governor: 'performance', virtual: false };
    expect(noiseOf({ ...quiet, quota: 0.5 })[0]!.what).toMatch(/^this container is throttled to 0.5 of \d+ cores/);
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

test.runIf(canMake)('a process in a real group of half a core takes one thread', () => {
  const group = `${root}/cpu/rightsize-test-${process.pid}`;
  const module = fileURLToPath(new URL('../../dist/backends/llama-cpp/threads.js', import.meta.url));
  mkdirSync(group);
  try {
    writeFileSync(`${group}/cpu.cfs_quota_us`, '50000');
    const program = `import { writeFileSync } from 'node:fs'; writeFileSync('${group}/cgroup.procs', String(process.pid)); const { threadsToTry } = await import('${module}'); console.log(...threadsToTry(1e9));`;
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
    expect(said.trim()).toBe('1');
  } finally {
    rmdirSync(group);
  }
});
