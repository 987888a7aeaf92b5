/** One holder at a time, whoever dies and whoever comes at the same moment. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { describeHolder, type Holder, tryLock, waitForLock, whileLocked } from '../../src/system/lock.js';

const path = () => join(mkdtempSync(join(tmpdir(), 'rightsize-lock-')), 'a.lock');
const holderIn = (file: string): Holder => JSON.parse(readFileSync(file, 'utf8')) as Holder;
const never = new AbortController().signal;

/** A lock as a process leaves it that has died: the holder of a real lock, with changes. */
async function leftBehind(changes: Partial<Holder>): Promise<string> {
  const file = path();
  const lock = await tryLock(file, 'rightsize run');
  const holder = holderIn(file);
  if (lock.state === 'held') await lock.release();
  writeFileSync(file, JSON.stringify({ ...holder, ...changes }));
  return file;
}

describe('a lock', () => {
  test('has one holder, who is named, and is free again when it is released', async () => {
    const file = path();
    const first = await tryLock(file, 'rightsize run -s mine.yaml');
    const second = await tryLock(file, 'rightsize run');
    expect(first.state).toBe('held');
    if (second.state !== 'taken' || first.state !== 'held') throw new Error('both hold it');
    expect(describeHolder(second.holder)).toMatch(
      new RegExp(`^process ${process.pid} \\(rightsize run -s mine.yaml\\), since \\d{4}-\\d\\d-\\d\\dT`),
    );
    await first.release();
    expect((await tryLock(file, 'rightsize run')).state).toBe('held');
  });

  test('of a process that has ended is taken over', async () => {
    expect((await tryLock(await leftBehind({ pid: 2 ** 22 + 1, token: 'x' }), '')).state).toBe('held');
  });

  test('of a process whose number another process has now is taken over', async () => {
    expect((await tryLock(await leftBehind({ began: '1', token: 'x' }), '')).state).toBe('held');
  });

  test('of a process that cannot be seen from here is taken over when nobody renews it', async () => {
    const file = await leftBehind({ space: 'another-host', token: 'x' });
    expect((await tryLock(file, '')).state).toBe('taken');
    const longAgo = new Date(Date.now() - 120_000);
    utimesSync(file, longAgo, longAgo);
    expect((await tryLock(file, '')).state).toBe('held');
  });

  test.each(['', '4711 host', '{"pid":0}', '{"pid":1,"token":"../../x"}'])(
    'that says %j holds nobody up',
    async (text) => {
      const file = path();
      writeFileSync(file, text);
      expect((await tryLock(file, '')).state).toBe('held');
    },
  );

  test('shows no control characters of a command', async () => {
    const file = path();
    await tryLock(file, 'rightsize run \u001b[2J');
    const second = await tryLock(file, '');
    expect(second).toMatchObject({ state: 'taken', holder: { command: 'rightsize run  [2J' } });
  });

  test('is taken over though the process that was taking it over died as well', async () => {
    const file = await leftBehind({ pid: 2 ** 22 + 1, token: 'first' });
    writeFileSync(`${file}.first`, JSON.stringify({ ...holderIn(file), token: 'second' }));
    expect((await tryLock(file, '')).state).toBe('held');
    expect(readdirSync(join(file, '..'))).toEqual(['a.lock']);
  });

  test('is waited for until it is free, and its holder is told once', async () => {
    const file = path();
    const first = await tryLock(file, 'first');
    const told: string[] = [];
    const second = waitForLock(file, { command: '', signal: never, onWait: ({ command }) => void told.push(command) });
    setTimeout(() => first.state === 'held' && void first.release(), 500);
    expect((await second).state).toBe('held');
    expect(told).toEqual(['first']);
  });

  test('is waited for no longer than the signal allows', async () => {
    const file = path();
    await tryLock(file, 'first');
    const signal = AbortSignal.timeout(50);
    await expect(whileLocked(file, { command: '', signal }, async () => {})).rejects.toThrow();
  });
});

describe('processes that come at the same moment', () => {
  const contender = fileURLToPath(new URL('../support/lock-contender.mjs', import.meta.url));

  test('and find the same dead holder: one of them wins', async () => {
    const file = await leftBehind({ pid: 2 ** 22 + 1, token: 'x' });
    const children = Array.from({ length: 6 }, () => fork(contender, [file], { execArgv: [] }));
    await Promise.all(children.map((child) => once(child, 'message')));
    const states = await Promise.all(
      children.map(async (child) => {
        child.send('go');
        const [state] = (await once(child, 'message')) as [string];
        return state;
      }),
    );
    expect(states.toSorted()).toEqual(['held', 'taken', 'taken', 'taken', 'taken', 'taken']);
    for (const child of children) child.kill('SIGKILL');
  });

  test('in one process too, again and again', async () => {
    for (let round = 0; round < 50; round++) {
      const file = await leftBehind({ pid: 2 ** 22 + 1, token: `t${round}` });
      const late = async (i: number) => {
        for (let turn = 0; turn < i * (round % 5); turn++) await nextTurn();
        return tryLock(file, '');
      };
      const locks = await Promise.all(Array.from({ length: 8 }, (_, i) => late(i)));
      expect(locks.filter(({ state }) => state === 'held')).toHaveLength(1);
    }
  });
});
