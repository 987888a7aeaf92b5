/** What this very process uses, as the system tells it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { coresOf, serverUsage } from '../../src/worker/server-usage.js';

test.skipIf(process.platform !== 'linux')('memory, processor time and cores are those of the processes', async () => {
  const { memory, cpuSeconds } = await serverUsage([process.pid]);
  expect(memory).toBeGreaterThan(20e6);
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  expect(cpuSeconds).toBeCloseTo((userCPUTime + systemCPUTime) / 1e6, 0);
  expect(await coresOf('self')).toBe(await coresOf(process.pid));
  expect(await coresOf('self')).toMatch(/^\d+([,-]\d+)*$/);
});

test('of a process that has ended nothing is known, and of none nothing is said', async () => {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'close');
  expect(await serverUsage([child.pid!])).not.toHaveProperty('cpuSeconds');
  expect(await coresOf(child.pid!)).toBeNull();
  expect(await serverUsage([])).toEqual({});
});
