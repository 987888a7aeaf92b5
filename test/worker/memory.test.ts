/** Memory against processes whose allocations are known. Only Linux has /proc; elsewhere a reading is missing, with the reason. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { isMissing, type Quantity } from '../../src/core/quantity.js';
import { readMemory, sampleMemory } from '../../src/worker/memory.js';

const MB = 1e6;
let child: ChildProcess | undefined;
afterEach(() => {
  child?.kill('SIGKILL');
});

/** A process that says when it is up, then does as it is told and says so. */
async function startProcess(script: string): Promise<ChildProcess> {
  child = spawn(
    process.execPath,
    ['--expose-gc', '-e', `process.on('message', (m) => { ${script}; process.send('done'); }); process.send('up');`],
    {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    },
  );
  await once(child, 'message');
  return child;
}

async function tell(to: ChildProcess, message: string): Promise<void> {
  const done = once(to, 'message');
  to.send(message);
  await done;
}

function bytes(quantity: Quantity): number {
  if (isMissing(quantity)) throw new Error(quantity.missing);
  return quantity.value;
}

describe.runIf(process.platform === 'linux')('memory on Linux', () => {
  test('200 MB of anonymous memory are read as 200 MB, within 2%', async () => {
    const allocating = await startProcess('globalThis.kept = Buffer.alloc(200e6, 1)');
    const before = await readMemory([allocating.pid!]);
    await tell(allocating, 'allocate');
    const after = await readMemory([allocating.pid!]);
    expect(bytes(after.anonymous) - bytes(before.anonymous)).toBeGreaterThan(196 * MB);
    expect(bytes(after.anonymous) - bytes(before.anonymous)).toBeLessThan(204 * MB);
    expect(Math.abs(bytes(after.fileMapped) - bytes(before.fileMapped))).toBeLessThan(4 * MB);
  });

  test('memory that is freed before the end is in the peak and not in the final reading', async () => {
    const freeing = await startProcess(
      "if (m === 'allocate') globalThis.kept = Buffer.alloc(200e6, 1); else { globalThis.kept = null; gc(); }",
    );
    const before = await readMemory([freeing.pid!]);
    const sampler = sampleMemory([freeing.pid!], 20);
    await tell(freeing, 'allocate');
    await tell(freeing, 'free');
    // The system has the pages back when the collector's own thread has swept them.
    await expect
      .poll(async () => bytes((await readMemory([freeing.pid!])).resident) - bytes(before.resident), {
        timeout: 10_000,
      })
      .toBeLessThan(40 * MB);
    const { peak, final } = await sampler.stop();
    expect(bytes(peak.resident) - bytes(before.resident)).toBeGreaterThan(196 * MB);
    expect(bytes(final.resident) - bytes(before.resident)).toBeLessThan(40 * MB);
  });

  test('a child of a large parent is not charged for its parent', async () => {
    const ballast = Buffer.alloc(500e6, 1);
    const idle = await startProcess('');
    expect(bytes((await readMemory([idle.pid!])).resident)).toBeLessThan(150 * MB);
    expect(ballast[0]).toBe(1);
  });

  test('a process that has ended is missing, and never zero', async () => {
    const gone = await startProcess('');
    gone.kill('SIGKILL');
    await once(gone, 'exit');
    expect(await readMemory([gone.pid!])).toMatchObject({
      resident: { missing: expect.stringContaining('has ended') },
    });
  });
});
