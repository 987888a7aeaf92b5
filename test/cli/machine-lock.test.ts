/** One measurement of speed at a time on a machine, by real processes that share a folder of locks. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { tryLock } from '../../src/system/lock.js';
import { folderWith, locksOfItsOwn, rightsize, start } from '../support/cli.js';

const model = (id: string, ttft: number) => ({
  id,
  class: 'slm',
  backend: 'scripted',
  script: { realTime: true, ttft, answers: { '*': '4' } },
});
const FILES = {
  'models.json': { default: ['fast'], models: [model('slow', 1), model('fast', 0.001)] },
  'sums.yaml': {
    name: 'sums',
    tasks: [
      {
        name: 'add',
        prompt: { user: '{{ q }}' },
        samples: ['2+2', '1+3', '0+4', '4+0'].map((q) => ({ q, target: '4' })),
        scorer: 'exact',
      },
    ],
  },
};
const RUN = ['run', '--suite', 'sums.yaml', '--reports', 'summary'];

async function lockedBy(env: ReturnType<typeof locksOfItsOwn>): Promise<number> {
  const file = join(env.RIGHTSIZE_LOCK_DIR, 'rightsize-machine.lock');
  while (!existsSync(file)) await sleep(20);
  return (JSON.parse(readFileSync(file, 'utf8')) as { pid: number }).pid;
}

test('a second run is refused with the first one’s process and command, or waits until that has ended', async () => {
  const env = locksOfItsOwn();
  const cwd = folderWith(FILES);
  const first = start([...RUN, '--model', 'slow'], { cwd, env });
  expect(await lockedBy(env)).toBe(first.child.pid);
  const [refused, waited] = await Promise.all([
    rightsize(RUN, { cwd: folderWith(FILES), env }),
    rightsize([...RUN, '--wait'], { cwd: folderWith(FILES), env }),
  ]);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(
    new RegExp(
      `^rightsize: expected a machine on which nothing else measures, found process ${first.child.pid} \\(rightsize run --suite sums.yaml .*--model slow\\), since \\S+Z; wait for it with --wait, or stop it\n$`,
    ),
  );
  expect(waited.code, waited.stderr).toBe(0);
  expect(waited.stderr).toMatch(new RegExp(`waiting until nothing else measures .* process ${first.child.pid} `));
  expect(first.child.exitCode === null ? (await first.finished).code : first.child.exitCode).toBe(0);
});

test('a run that waits can be interrupted, and leaves nothing', async () => {
  const env = locksOfItsOwn();
  const lock = await tryLock(join(env.RIGHTSIZE_LOCK_DIR, 'rightsize-machine.lock'), 'another');
  const cwd = folderWith(FILES);
  const { child, finished } = start([...RUN, '--wait'], { cwd, env });
  let told = '';
  child.stderr!.on('data', (chunk) => {
    told += chunk;
  });
  while (!told.includes('waiting until')) await sleep(20);
  child.kill('SIGINT');
  const { code, stderr } = await finished;
  expect(code).toBe(3);
  expect(stderr).toMatch(/rightsize: the run was interrupted before it measured anything\n$/);
  expect(readdirSync(cwd).sort()).toEqual(Object.keys(FILES));
  if (lock.state === 'held') await lock.release();
});

test('a run that was killed holds nobody up', async () => {
  const env = locksOfItsOwn();
  const cwd = folderWith(FILES);
  const first = start([...RUN, '--model', 'slow'], { cwd, env });
  await lockedBy(env);
  first.child.kill('SIGKILL');
  await first.finished;
  expect((await rightsize(RUN, { cwd, env })).code).toBe(0);
});
