import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { firstOf, within } from '../../src/system/signals.js';
import { ROOT } from '../support/cli.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe('a signal that nothing but its listener holds', () => {
  const made: Readonly<Record<string, (late: AbortSignal) => AbortSignal>> = {
    'of a time': () => within(0.05),
    'of a time, or of another signal': () => within(0.05, new AbortController().signal),
    'of two others': (late) => firstOf(new AbortController().signal, late),
    'of a time, with one of another two': (late) => within(60, firstOf(late, new AbortController().signal)),
  };
  test.each(Object.entries(made))('%s, is aborted though garbage was collected', async (_, make) => {
    const late = new AbortController();
    const aborted = new Promise<unknown>((resolve) => {
      const signal = make(late.signal);
      signal.addEventListener('abort', () => resolve('aborted'));
    });
    // A turn of the event loop later the frame that made the signal is gone.
    await sleep(10);
    collectGarbage();
    late.abort();
    expect(await Promise.race([aborted, sleep(2000, 'never aborted')])).toBe('aborted');
  });
});

describe('firstOf', () => {
  test('hands on the reason of the first', () => {
    const [one, other] = [new AbortController(), new AbortController()];
    const signal = firstOf(one.signal, other.signal);
    other.abort('the purse is empty');
    one.abort('interrupted');
    expect(signal.reason).toBe('the purse is empty');
  });

  test('is aborted at once where one is already', () => {
    expect(firstOf(new AbortController().signal, AbortSignal.abort('before')).reason).toBe('before');
  });
});

describe('within', () => {
  test('says that the time is up', async () => {
    const signal = within(0.01);
    await sleep(50);
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
  });

  test('hands on the reason of the other signal', () => {
    const stop = new AbortController();
    const signal = within(60, stop.signal);
    stop.abort('interrupted');
    expect(signal.reason).toBe('interrupted');
  });
});

test('no other code makes a signal that may be collected before it fires', () => {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const makes = (file: string) => /AbortSignal\.(any|timeout)\(/.test(readFileSync(join(ROOT, 'src', file), 'utf8'));
  expect(files.length).toBeGreaterThan(100);
  expect(files.filter(makes)).toEqual([]);
});
