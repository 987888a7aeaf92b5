/** How a worker process ends: in words, and with its runner. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { outOfMemoryKills } from '../../src/system/container.js';
import { lastWords } from '../../src/worker/worker-process.js';
import { folderWith, ROOT } from '../support/cli.js';

describe('a worker that died', () => {
  const alive = { code: null, signal: null, output: '', forMemory: false };

  test.each([
    [{ ...alive, code: 1, output: 'a\nb\nc\nd\n' }, /^the worker process ended with exit code 1, saying: b c d$/],
    [{ ...alive, signal: 'SIGSEGV' }, /^the worker process was ended by SIGSEGV$/],
    [{ ...alive, signal: 'SIGKILL' }, /^the worker process was ended by SIGKILL$/],
    [
      { ...alive, signal: 'SIGKILL', forMemory: true },
      /by the system, which ran out of memory \(there are [\d.]+ GiB\); lower/,
    ],
    [
      { ...alive, signal: 'SIGABRT', output: `FATAL ERROR: JavaScript heap out of memory\n${'0x1 node\n'.repeat(20)}` },
      /ran out of memory for JavaScript/,
    ],
  ])('says how (%#)', (death, words) => {
    expect(lastWords(death)).toMatch(words);
  });

  test('for want of memory is told by the count of the system', () => {
    const folder = folderWith({ vmstat: 'pgfault 12\noom_kill 3\nnr_free 1\n', old: 'pgfault 12\n' });
    expect(outOfMemoryKills(join(folder, 'vmstat'))).toBe(3);
    expect(outOfMemoryKills(join(folder, 'old'))).toBeNull();
    expect(outOfMemoryKills(join(folder, 'none'))).toBeNull();
  });
});

test.skipIf(process.platform !== 'linux' || !existsSync('/usr/bin/setpriv'))(
  'a worker that is busy and hears nothing dies with its runner',
  async () => {
    const args = [join(import.meta.dirname, '../support/run-busy-worker.mjs')];
    const runner = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(runner.stdout, 'data');
    const worker = Number(String(line));
    expect(isRunning(worker)).toBe(true);
    runner.kill('SIGKILL');
    for (let waited = 0; isRunning(worker) && waited < 10; waited += 0.1) await sleep(100);
    expect(isRunning(worker)).toBe(false);
  },
);

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
