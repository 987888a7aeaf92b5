/**
 * Runs programs of models, for a check alone and only where it is asked for (RIGHTSIZE_RUN_CODE=1): in namespaces of their
 * own without network (`unshare`), in an empty folder, without input or environment, with limits of time and memory.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Evidence, Request } from '../src/core/score/score.js';

/** The interpreter itself: `python3` may be a script that finds it, many times slower to start. */
let python = 'python3';

/** @returns why no program can be run, or null. */
export function cannotRun(): string | null {
  if (process.env.RIGHTSIZE_RUN_CODE !== '1') return 'RIGHTSIZE_RUN_CODE is not 1';
  const print = 'import sys; print(sys.executable)';
  const { status, stdout } = spawnSync('unshare', ['-rn', python, '-c', print], { encoding: 'utf8' });
  if (status !== 0) return 'unshare and python3 do not run here';
  python = stdout.trim();
  return null;
}

/** Half a gigabyte of address space, and as many seconds of processor time as the request allows of any. */
export function runProgram({ program, tests, timeout }: Extract<Request, { effect: 'sandbox' }>): Evidence {
  const folder = mkdtempSync(join(tmpdir(), 'parity-'));
  const limits = `ulimit -v 524288 -t ${Math.ceil(timeout)} -f 1024 -u 64; exec unshare -rn '${python}' -I -`;
  const { status, signal, stderr } = spawnSync('bash', ['-c', limits], {
    cwd: folder,
    input: `${program}\n${tests}`,
    env: { PATH: process.env.PATH ?? '' },
    timeout: timeout * 1000,
    killSignal: 'SIGKILL',
    maxBuffer: 1 << 20,
    encoding: 'utf8',
  });
  rmSync(folder, { recursive: true, force: true });
  const result = status === 0 ? 'passed' : signal === null ? 'failed' : 'timed out';
  return { effect: 'sandbox', result, message: stderr.trim().split('\n').at(-1) ?? '' };
}
