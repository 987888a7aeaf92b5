/** Programs nobody has read, run for real where this machine can confine them. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { UserError } from '../../src/core/errors.js';
import { openSandbox, type Sandbox } from '../../src/run/sandbox.js';

const { signal } = new AbortController();

function sandboxOrReason(): Sandbox | string {
  try {
    return openSandbox();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.message;
  }
}

const sandbox = sandboxOrReason();
if (typeof sandbox === 'string') {
  process.stderr.write(`programs in a sandbox: skipped: ${sandbox}\n`);
  test('where programs cannot be confined, that is said in a sentence', () => {
    expect(sandbox).toMatch(/^--run-code: expected [^\n]+; [^\n]+$/);
  });
} else {
  const ran = (program: string, timeout = 20) =>
    sandbox.run({ effect: 'sandbox', language: 'python', program, timeout }, signal);
  const folder = mkdtempSync(join(tmpdir(), 'rightsize-sandbox-'));
  const file = join(folder, 'precious');
  writeFileSync(file, 'kept');
  afterAll(() => rmSync(folder, { recursive: true }));

  describe('a program in the sandbox', () => {
    test('passes when its tests do', async () => {
      expect(await ran('def f(x):\n    return x + 1\nassert f(1) == 2')).toMatchObject({ result: 'passed' });
    });

    test('fails with the last line of what it complains of', async () => {
      expect(await ran('print("hm")\nassert 1 == 2, "no"')).toEqual({
        effect: 'sandbox',
        result: 'failed',
        message: 'AssertionError: no',
      });
      expect(await ran('def (')).toMatchObject({ result: 'failed', message: 'SyntaxError: invalid syntax' });
    });

    test('has not passed when it ends before its tests do', async () => {
      expect(await ran('import os\nos._exit(0)\nassert False')).toEqual({
        effect: 'sandbox',
        result: 'failed',
        message: 'it ended before its tests did',
      });
    });

    test('that does not end is ended', async () => {
      expect(await ran('while True: pass', 1)).toMatchObject({ result: 'timed out' });
      expect(await ran('import time\ntime.sleep(1000)', 0.2)).toMatchObject({ result: 'timed out' });
    });

    test('that wants more memory than there is for it fails', async () => {
      expect(await ran('x = bytearray(4 * 2**30)')).toMatchObject({ result: 'failed', message: 'MemoryError' });
    });

    test.each([
      ['reaches no network', 'import socket\nsocket.create_connection(("127.0.0.1", 9), 1)', /OSError/],
      ['writes nothing but to its own folder', `open(${JSON.stringify(file)}, "w")`, /Read-only|No such file/],
      ['removes nothing', `import os\nos.remove(${JSON.stringify(file)})`, /Read-only|No such file/],
    ])('%s', async (_, program, message) => {
      expect(await ran(program)).toMatchObject({ result: 'failed', message: expect.stringMatching(message) });
      expect(existsSync(file)).toBe(true);
    });

    test('sees no variable of the environment and no process of others', async () => {
      process.env.RIGHTSIZE_TEST_KEY = 'secret';
      const program = `import os
assert 'RIGHTSIZE_TEST_KEY' not in os.environ
assert len([name for name in os.listdir('/proc') if name.isdigit()]) < 5
open('/tmp/mine', 'w').write('x')`;
      expect(await ran(program)).toMatchObject({ result: 'passed', message: '' });
      delete process.env.RIGHTSIZE_TEST_KEY;
    });
  });
}
